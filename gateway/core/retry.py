"""When a letter is tried again: doubling, bounded, with jitter. A schedule is data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

JITTER = 0.2
"""A wait is stretched by up to this fraction, so that a smarthost that comes back is not met by all at once."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The first wait, the longest, and the age at which a letter is given up."""

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=5)


def next_attempt(schedule: Schedule, attempts: int, created: datetime, now: datetime, chance: float) -> datetime | None:
    """When to try again after `attempts` failed ones, or None when it is time to give up. `chance` is in [0, 1)."""
    if now - created >= schedule.give_up:
        return None
    doublings = min(max(attempts - 1, 0), 32)
    wait = min(schedule.first * (1 << doublings), schedule.longest)
    return now + wait * (1 + JITTER * chance)
