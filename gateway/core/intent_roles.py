"""The roles that words play in a request: acts and their forms, things, and the signs around them.

Numbers, for a set of them is looked into for every word, and other enumerations are slow to hash.
"""

from __future__ import annotations

from enum import IntEnum, auto, unique


@unique
class Act(IntEnum):
    """What is to be done."""

    TRANSFER = auto()
    CHANGE = auto()
    ADD = auto()
    REMOVE = auto()
    GIVE = auto()
    RESET = auto()
    POINT = auto()
    UNLOCK = auto()
    ASSIGN = auto()


@unique
class Thing(IntEnum):
    """To what."""

    DOMAIN = auto()
    REGISTRAR = auto()
    OWNER = auto()
    DNS = auto()
    AUTH = auto()
    PASSWORD = auto()
    ADDRESS = auto()
    BILLING = auto()
    SERVICE = auto()
    LOCK = auto()
    OTHER = auto()
    """What stands between an act and something that is not meant: the site of the domain, the mail in the mailbox."""


@unique
class Form(IntEnum):
    """How an act is told."""

    VERB = auto()
    """An infinitive: a request behind words that ask."""
    BASE = auto()
    """English: an infinitive, a command or a noun, by what stands before it."""
    ORDER = auto()
    """Italian: a command or a participle, by what stands before it."""
    SURE = auto()
    """A command to us that can be nothing else: send me."""
    NOUN = auto()
    DONE = auto()
    """A participle: `to be changed` is a request, `was changed` is none."""


@unique
class Sign(IntEnum):
    """What stands around it."""

    ASK = auto()
    MUST = auto()
    """Asks as well, but in a question it asks whether."""
    WANT = auto()
    """Asks, and is enough where something is to be given."""
    NOT = auto()
    IF = auto()
    TOLD = auto()
    """It was somebody else who asked."""
    ABOUT = auto()
    """Why, how much, an invoice: talk about it, where it stands before."""
    OVER = auto()
    """How it went: talk about it, wherever it stands."""
    LOST = auto()
    NEW = auto()
    BE = auto()
    NOTE = auto()
    OURS = auto()
    """We have done it: news, of what is the customer's own data."""
    TWISTS = auto()
    """Makes an act something else, right before it: a bank transfer."""
    FILL = auto()
    OPEN = auto()
    """What a command may stand behind: a greeting, please."""
