"""Rates: a row for each counter and hour, written in the message's own transaction, so that a restart forgets nothing.

What came within the last hour is what came in this clock hour, and of the clock hour before as large a part as the last
hour has of it. Who asks does not see what is being committed: as many more as are under way at once may pass a bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from gateway.core.rates import Counter, Rates
from gateway.store import counts
from gateway.store import tables as t
from gateway.store.counts import Count
from gateway.store.prepared import Prepared

HOUR = 3600
KEPT = 24
"""So many hours before this one are kept, where an estimate needs one: another gateway's clock may be behind."""

_found = Prepared(
    select(t.rate.c.hour, t.rate.c.key, t.rate.c.messages).where(
        t.rate.c.hour.in_([bindparam("hour"), bindparam("before")]), t.rate.c.key.in_(bindparam("keys", expanding=True))
    ),
    "keys",
)
_sweep = Prepared(delete(t.rate).where(t.rate.c.hour < bindparam("before")))
RATE = Count(t.rate, "messages", lambda connection, hour: _sweep.run(connection, {"before": hour - KEPT}))


def rates(connection: Connection, counters: Iterable[Counter], at: datetime) -> Rates:
    """How many counted in these within the hour before `at`."""
    names = {one.key: one.name for one in counters}
    if not names:
        return Rates()
    hour, seconds = divmod(int(at.timestamp()), HOUR)
    sums: dict[str, int] = dict.fromkeys(names.values(), 0)
    for row in _found.rows(connection, {"hour": hour, "before": hour - 1, "keys": list(names)}):
        sums[names[row.key]] += row.messages * (HOUR if row.hour == hour else HOUR - seconds)
    return Rates(**{name: total // HOUR for name, total in sums.items()})


def count(connection: Connection, counters: Iterable[Counter], at: datetime) -> None:
    """One more in each of these; hours that nobody's estimate needs any more are swept away."""
    hour = int(at.timestamp()) // HOUR
    for one in counters:
        counts.add(connection, RATE, hour, one.key)
