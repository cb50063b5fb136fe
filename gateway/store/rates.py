"""Rates: a row for each counter and hour, written in the message's own transaction, so that a restart forgets nothing.

What came within the last hour is what came in this clock hour, and of the clock hour before as large a part as the last
hour has of it. Who asks does not see what is being committed: as many more as are under way at once may pass a bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import JSON, Connection, Integer, bindparam, delete, func, literal_column, select, true
from sqlalchemy.dialects.sqlite import insert as upsert

from gateway.core.rates import Counter, Rates
from gateway.store import tables as t
from gateway.store.prepared import Prepared

HOUR = 3600

_found = Prepared(
    select(t.rate.c.hour, t.rate.c.key, t.rate.c.messages).where(
        t.rate.c.hour.in_([bindparam("hour"), bindparam("before")]), t.rate.c.key.in_(bindparam("keys", expanding=True))
    ),
    "keys",
)
_keys = func.json_each(bindparam("keys", type_=JSON)).table_valued("value")
_counted = select(bindparam("hour", type_=Integer), _keys.c.value, literal_column("1")).where(true())
_first = upsert(t.rate).from_select(["hour", "key", "messages"], _counted)
_count = Prepared(
    _first.on_conflict_do_update(index_elements=["hour", "key"], set_={"messages": t.rate.c.messages + 1}).returning(
        t.rate.c.messages
    )
)
_sweep = Prepared(delete(t.rate).where(t.rate.c.hour < bindparam("before")))


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
    """One more in each of these; hours that no estimate needs any more are swept away, by who begins a new row."""
    hour, keys = int(at.timestamp()) // HOUR, [one.key for one in counters]
    if keys and 1 in _count.scalars(connection, {"hour": hour, "keys": keys}):
        _sweep.run(connection, {"before": hour - 1})
