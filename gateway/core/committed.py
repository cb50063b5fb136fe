"""What one transaction writes about one message, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.account import Turn
from gateway.core.arrival import Arrival
from gateway.core.case import Case, Override
from gateway.core.confirmation import Asking, Confirmation, State
from gateway.core.facts import Facts
from gateway.core.message import Message
from gateway.core.reason import Reason
from gateway.core.reply import Reply
from gateway.core.rule import Route
from gateway.core.verdict import Admitted, Verdict


@dataclass(frozen=True, slots=True)
class Opening:
    """What an accepted message does: the reference and subject that a new ticket gets, and what its account is told."""

    accept: Admitted
    message: Message
    reference: str
    subject: str
    route: Route
    acknowledgement: Reply | None


@dataclass(frozen=True, slots=True)
class Held:
    """A held message as it arrived, why it is held, and what operators have taken on for it before."""

    arrival: Arrival
    reason: Reason
    overrides: frozenset[Reason]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the primary of an account is asked about a held message, if not too much was asked before.

    To nobody where the reply is for account 0.
    """

    reply: Reply
    asking: Asking
    expires: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a primary said, and what it does: `release` is the held message, decided again; None where nothing is."""

    confirmation: Confirmation
    said: State
    release: tuple[Record, Override] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All that one transaction writes about one message."""

    case: Case
    verdict: Verdict
    opening: Opening | None
    trace: tuple[tuple[str, str], ...]
    policy: str
    keep: timedelta | None = None
    """How long it is held, if it is; None for good."""
    facts: Facts | None = None
    """What rules were tried on; None where there was no message to know anything of."""
    question: Ask | None = None
    answer: Said | None = None
    outside: frozenset[str] = frozenset()
    """The sha256 of octets in it that were put outside the database, and are safe there."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was committed: the verdict as it stands (a duplicate is found only here), the ticket's reference."""

    verdict: Verdict
    ticket: str | None
    turned: Turn | None = None
    """What a delivery report did to a primary address."""
    answered: bool = False
    """Whether it was a primary's answer, and has done what it says."""
    letter: str = ""
    """The outbox row of what its account is told, if it is told anything."""
