"""Retention: how long what was received is kept, by what became of it. What it does not speak of is kept for good.

A message loses its octets first, then what its record tells of people. What the balance (I11) and repetitions (I4) need
is never lost: no row goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from datetime import timedelta
from enum import StrEnum

from gateway.core.reason import Disposition, Reason
from gateway.core.verdict import Refuse, Verdict

BY_AGE = (Disposition.ACCEPT, Disposition.REJECT, Disposition.DISCARD, Disposition.FAILED)
"""Whose octets go by their age. What is held has an end of its own, and is discarded then."""
LETTERS_COUNT = timedelta(days=30)
"""For so long the letters of a ticket tell whether its primary works, and whether its words repeat (R6, I6)."""


class Kept(StrEnum):
    """How much of a message is still there."""

    WHOLE = "whole"
    RECORD = "record"
    """Its octets are gone (I12)."""
    COUNT = "count"
    """What it told of people is gone, too."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a run of retention took away, or would take: messages, octets of theirs, tickets, attachments."""

    expired: int = 0
    """No longer held; their octets are gone as well."""
    stripped: int = 0
    """Other messages whose octets are gone."""
    octets: int = 0
    tickets: int = 0
    records: int = 0
    contents: int = 0

    def __add__(self, other: Swept) -> Swept:
        both = zip(astuple(self), astuple(other), strict=True)
        return Swept(*(one + more for one, more in both))

    def __bool__(self) -> bool:
        return self != Swept()

    def record(self) -> dict[str, int]:
        """As published."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.expired} expired in quarantine, {self.stripped} others without their bytes ({self.octets} octets in"
            f" all), {self.tickets} closed tickets, {self.contents} attachments, {self.records} records"
        )


@dataclass(frozen=True, slots=True)
class Retention:
    """Of each, how long; None is for good, and so is what no policy file speaks of: an empty one deletes nothing.

    `held` and `reasons`: until what is held is discarded with its octets. `octets`: of other messages, from when they
    came; those of a ticket that is not closed stay. `tickets`: from when a closed one was last touched, until what was
    said in it goes. `records`: from when a message came, until its record tells of nobody, if its octets are gone.
    """

    held: timedelta | None = None
    reasons: Mapping[Reason, timedelta | None] = field(default_factory=dict)
    octets: Mapping[Disposition, timedelta | None] = field(default_factory=dict)
    tickets: timedelta | None = None
    records: timedelta | None = None

    def of_held(self, reason: Reason) -> timedelta | None:
        """How long a message is held for this reason."""
        return self.reasons.get(reason, self.held)

    def keep(self, verdict: Verdict) -> timedelta | None:
        """How long this message is held, as its rule says, or its reason; None where it is not, or for good."""
        if not isinstance(verdict, Refuse) or verdict.disposition is not Disposition.QUARANTINE:
            return None
        return verdict.hold.keep or self.of_held(verdict.reason)

    @property
    def deletes(self) -> bool:
        """Whether anything ever goes by itself."""
        every = (self.held, self.tickets, self.records, *self.reasons.values(), *self.octets.values())
        return any(one is not None for one in every)
