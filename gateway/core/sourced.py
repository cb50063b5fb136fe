"""Accounts that a source keeps: what it says, what is known of it, and how much it may take away at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.problem import Problem
from gateway.core.roster import Entry

ACCOUNTS = 1_000_000
"""At most so many accounts are in an answer,"""
OCTETS = 1024 * 1024 * 1024
"""of so many octets in all."""
LEAST = 3
"""So many accounts may always lose something at once: one in ten of a small firm's accounts is none."""
DAY = timedelta(days=1)
"""So long what a round took counts with what the next ones take: nine percent every quarter of an hour is no tenth."""
AGAIN = timedelta(minutes=5)
"""After a failure a source is asked again no later than this."""


@dataclass(frozen=True, slots=True)
class Roster:
    """All that a source says. It was heard to its end before any of it is looked at: a part is never an answer."""

    digest: str
    entries: Iterable[Entry | Problem]


@dataclass(frozen=True, slots=True)
class Guard:
    """How many of a source's accounts may lose something within `DAY`, in percent. With 0 it is none."""

    percent: int = 10

    def stops(self, harmed: int, kept: int) -> bool:
        """Whether `harmed` of the accounts that it keeps are too many."""
        return harmed > max(LEAST if self.percent else 0, kept * self.percent // 100)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a source from the rounds before; as it stands here where there was none."""

    round: int = 0
    digest: str = ""
    """Of the answer that was last made true."""
    since: datetime | None = None
    """When it was first asked."""
    succeeded_at: datetime | None = None
    next_at: datetime | None = None
    error: str = ""
    """Why the last round changed nothing; empty where it went well."""
    harmed: int = 0
    """So many accounts lost something since `harmed_since`."""
    harmed_since: datetime | None = None

    def lately(self, now: datetime) -> int:
        """How many lost something within a `DAY`; a clock that was ahead makes it no longer."""
        return self.harmed if self.harmed_since and abs(now - self.harmed_since) < DAY else 0

    def due(self, now: datetime, every: timedelta) -> bool:
        """Whether it is time to ask. A wait that is longer than it is configured now is not waited for."""
        return self.next_at is None or not now < self.next_at <= now + every * 2

    def stale(self, now: datetime, after: timedelta) -> bool:
        """Whether somebody has to look: too long without success."""
        last = self.succeeded_at or self.since
        return last is not None and now - last >= after


def next_round(now: datetime, every: timedelta, chance: float, *, failed: bool) -> datetime:
    """When to ask again; up to a tenth sooner, so that not all firms ask at the full quarter. `chance` is in [0, 1)."""
    wait = min(every, AGAIN) if failed else every
    return now + wait * (1 - chance / 10)
