"""A confirmation: the primary address is asked about a held message, and what it may answer.

The nouns only; who is asked and whose answer counts is in `confirm.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from gateway.core.account import Account
from gateway.core.reason import Disposition

OPEN_FOR = timedelta(days=7)
"""A question is answered within this, or not at all."""
PER_DAY = 3
"""So many letters of this kind an account gets within a day, however many forgeries come."""
FIRST_LINE = 80
"""Characters: of the first line of an answer no more is read."""


@unique
class Asking(StrEnum):
    """Whether primaries are asked: never; one question of an account at a time; about each message."""

    OFF = "off"
    DIGEST = "digest"
    EACH = "each"


@unique
class State(StrEnum):
    """How a confirmation stands. One that is open and over its end has expired, which nobody writes down."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One question: about which message, to which account, and what became of it; both as they are now."""

    reference: str
    message_id: str
    account: Account
    state: State
    expires: datetime
    became: Disposition

    def at(self, now: datetime) -> State:
        """How it stands at a moment."""
        return State.EXPIRED if self.state is State.OPEN and now >= self.expires else self.state

    def agrees(self, said: State) -> bool:
        """Whether what is said is what became of the message, or can still be done."""
        let_in = self.became is Disposition.ACCEPT
        return self.became is Disposition.QUARANTINE or (said is State.CONFIRMED) == let_in


_WORDS = {
    "confermo": State.CONFIRMED,
    "confirm": State.CONFIRMED,
    "non sono stato io": State.DENIED,
    "non sono stata io": State.DENIED,
    "not me": State.DENIED,
}
"""R12. Whole lines: a sentence that has one of these in it says something else."""


def word(text: str) -> State | None:
    """What an answer says: the first line of what its writer wrote, which is one of the words and nothing more."""
    first = next((line for line in text.split("\n", FIRST_LINE) if line.strip()), "")[:FIRST_LINE]
    return _WORDS.get(" ".join(first.casefold().split()).strip(" .!*\"'«»"))
