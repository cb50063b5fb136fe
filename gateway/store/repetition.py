"""Repetition: an account whose mail says the same day after day is a robot that hides it, and is told no more (I6).

The limit of a day bounds a quick loop. One that takes hours for its round would stay under it for ever, so what
begets an acknowledgement on `DAYS` days with the same words begets no other. The ticket is opened all the same.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from gateway.core.reply import Kind
from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.prepared import Prepared

DAYS = 5
"""On so many days the same words are acknowledged,"""
WITHIN = timedelta(days=30)
"""within so long."""

LOOKED_AT = 500
"""Acknowledgements, the newest."""
CHARACTERS = 400
WORDS = 30
"""Of each text; what follows counts for nothing."""

_VARIES = re.compile(r"\d|[0-9a-z]{5}-[0-9a-z]{5}")  # dates, numbers, references: new in each copy of the same words

_one = t.entry.alias()
_opening = select(func.min(_one.c.id)).where(_one.c.ticket_id == t.outbox.c.ticket_id).scalar_subquery()
_newest = (
    select(t.outbox.c.created_at)
    .where(t.outbox.c.kind == Kind.OPENED.value, t.outbox.c.account_id == bindparam("account"))
    .where(t.outbox.c.created_at > bindparam("since"))
    .order_by(t.outbox.c.created_at.desc())
    .limit(LOOKED_AT)
)
_latest = select(func.max(t.outbox.c.created_at).label("at")).where(
    t.outbox.c.kind == Kind.OPENED.value,
    t.outbox.c.account_id == bindparam("account"),
    t.outbox.c.created_at > bindparam("since"),
)
_day = _latest.cte(recursive=True)
_day = _day.union_all(
    select(_latest.where(t.outbox.c.created_at < func.substr(_day.c.at, 1, 10)).scalar_subquery()).where(
        _day.c.at.is_not(None)
    )
)
_days = Prepared(select(_day.c.at).limit(DAYS))  # one step in the index for each day, however many were sent on it
_acknowledged = Prepared(
    _newest.add_columns(func.substr(t.entry.c.text, 1, CHARACTERS).label("text"))
    .select_from(t.outbox)
    .join(t.entry, t.entry.c.id == _opening)
)


def day_after_day(connection: Connection, account_id: int, text: str, now: datetime) -> bool:
    """Whether these words have been acknowledged to the account on `DAYS` days lately."""
    lately = {"account": account_id, "since": stamp(now - WITHIN)}
    if None in _days.scalars(connection, lately):  # most accounts: nothing need be read and compared
        return False
    rows, same = _acknowledged.rows(connection, lately), _unvarying(text)
    return len({row.created_at[:10] for row in rows if _unvarying(row.text) == same}) >= DAYS


def _unvarying(text: str) -> list[str]:
    words = text[:CHARACTERS].casefold().split()
    return [word for word in words if not _VARIES.search(word)][:WORDS]
