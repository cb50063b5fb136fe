"""Floods in the log: a line when a limit is reached, one when its mail begins to be ignored, and one when it is over.

It is over when half as many come, or when for an hour none came: a flow right at the bound says nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.core.case import Case
from gateway.core.flood import reached
from gateway.core.rates import Over
from gateway.core.reason import Reason
from gateway.core.verdict import Verdict

KEPT = 1_000
"""So many are followed at a time. What else floods meanwhile is counted, held and ignored, and not told of."""
OVER_AFTER = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Flood:
    latest: Over
    last: datetime
    messages: int = 0
    ignoring: bool = False


@dataclass(slots=True)
class Floods:
    """Those of this process, the one that rests longest first. It forgets them at a restart; the counters do not."""

    _now: dict[str, _Flood] = field(default_factory=dict)

    def heard(self, case: Case, verdict: Verdict) -> tuple[Over, ...]:
        """A message was committed; the bounds that it was over are given back."""
        if verdict.reason is Reason.DUPLICATE:
            return ()
        over = reached(verdict)
        for one in over:
            self._goes_on(one, case)
        if self._now:
            self._may_end(case, {one.counter.key for one in over})
        return over

    def _goes_on(self, over: Over, case: Case) -> None:
        key, at = over.counter.key, case.arrival.at
        before = self._now.pop(key, None)
        if before is None and len(self._now) >= KEPT:
            return
        known = before or _Flood(over, at)
        if before is None or (over.ignored and not known.ignoring):
            log.warning(
                "flood.ignored" if over.ignored else "flood.began",
                limit=over.counter.limit,
                of=over.counter.of,
                hold=over.bound.hold,
                ignore=over.bound.ignore,
                latest=case.arrival.id,
                do=f"look at them; if they are wanted, raise limits.{over.counter.limit} in the policy",
            )
        self._now[key] = _Flood(over, at, known.messages + 1, known.ignoring or over.ignored)

    def _may_end(self, case: Case, over: set[str]) -> None:
        at = case.arrival.at
        for counter in case.counted:
            flood = self._now.get(counter.key)
            eased = flood and getattr(case.rates, counter.name) <= flood.latest.bound.hold // 2
            if flood and eased and counter.key not in over:
                self._end(counter.key)
        while self._now and at - next(iter(self._now.values())).last >= OVER_AFTER:
            self._end(next(iter(self._now)))

    def _end(self, key: str) -> None:
        flood = self._now.pop(key)
        counter = flood.latest.counter
        log.info(
            "flood.ended", limit=counter.limit, of=counter.of, messages=flood.messages, last=flood.last.isoformat()
        )
