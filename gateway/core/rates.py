"""Rates: how many messages came in the last hour, and which of them are one too many. Values; no clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST = 1_000_000
"""The highest bound that may be set: as good as none."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages within the last hour, before this one, counted where this one counts (`core/counting.py`).

    What is proved to be a customer's, what is a proved stranger's and what is not proved are counted apart, so that the
    same field is of customers' mail for a customer, and of strangers' for a stranger. `peer` only at the edge.
    """

    author: int = 0
    account: int = 0
    domain: int = 0
    ticket: int = 0
    peer: int = 0
    ingress: int = 0


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a message counts: `name` is a field of `Rates`, `limit` one of `RateLimits`, "" where there is none.

    `of` is for the operator: a domain, a code, a reference; never the whole address of a stranger.
    """

    name: str
    limit: str
    key: str
    of: str


@dataclass(frozen=True, slots=True)
class Bound:
    """So many an hour pass as if there was no limit; from `hold` on they are held, from `ignore` on discarded."""

    hold: int
    ignore: int
    where: str = "default"
    """The line of the policy that says so."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits, an hour. There is no way to have none: the quarantine is not to be filled without bound."""

    per_author: Bound = field(default=Bound(60, 600))
    per_account: Bound = field(default=Bound(300, 3_000))
    per_ticket: Bound = field(default=Bound(60, 600))
    per_domain: Bound = field(default=Bound(120, 1_200))
    """Of proved authors who are on no account; so is the next."""
    per_ingress: Bound = field(default=Bound(1_200, 12_000))
    unproved_per_domain: Bound = field(default=Bound(60, 600))
    unproved_per_peer: Bound = field(default=Bound(120, 1_200))
    unproved_per_ingress: Bound = field(default=Bound(1_200, 12_000))


@dataclass(frozen=True, slots=True)
class Over:
    """A bound that is reached: `ignored` where it is the second one."""

    counter: Counter
    count: int
    bound: Bound

    @property
    def ignored(self) -> bool:
        """Whether nobody is to see it."""
        return self.count >= self.bound.ignore

    def __str__(self) -> str:
        word, most = ("ignore", self.bound.ignore) if self.ignored else ("hold", self.bound.hold)
        return f"{self.count + 1} of {self.counter.of} within an hour; {self.counter.limit}.{word} is {most}"


def over(counters: Iterable[Counter], rates: Rates, limits: RateLimits) -> tuple[Over, ...]:
    """The bounds that are reached, those that ignore first."""
    limited = (one for one in counters if one.limit)
    every = (Over(one, getattr(rates, one.name), getattr(limits, one.limit)) for one in limited)
    return tuple(sorted((one for one in every if one.count >= one.bound.hold), key=lambda one: not one.ignored))
