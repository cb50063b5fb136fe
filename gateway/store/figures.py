"""Figures for whoever watches: a few look-ups, each by an index and bounded, among a million messages too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, union_all

from gateway.core.figures import Figures
from gateway.core.reason import Disposition
from gateway.core.retention import Kept
from gateway.core.times import moment, stamp
from gateway.store import tables as t
from gateway.store.dialect import extent

LOOKED_AT = 1_000
"""Of so many letters that are next the oldest is looked for: no index knows it."""
DAYS = 2
"""So far back the balance is weighed; `gateway balance` weighs all of it."""

_waits = t.outbox.c.next_attempt_at.is_not(None)
_outbox = select(func.count(), func.min(t.outbox.c.next_attempt_at)).where(_waits)
_next = select(t.outbox.c.created_at).where(_waits).order_by(t.outbox.c.next_attempt_at).limit(LOOKED_AT).subquery()
_oldest = select(func.min(_next.c.created_at))
_held = (t.message.c.disposition == Disposition.QUARANTINE.value) & t.message.c.kept.in_([one.value for one in Kept])
"""With `kept`, where SQLite else goes through all of the index that begins with it."""
_quarantine = select(func.count(), func.min(t.message.c.received_at)).where(_held)


def figures(connection: Connection, now: datetime) -> Figures:
    """As they are in one look at the last commit."""
    waiting, due = connection.execute(_outbox).one()
    held, held_since = connection.execute(_quarantine).one()
    octets, free = extent(connection)
    return Figures(
        now,
        waiting,
        _moment(connection.execute(_oldest).scalar_one()) if waiting else None,
        _moment(due),
        held,
        _moment(held_since),
        _off(connection, now),
        octets,
        free,
        _sources(connection),
    )


def _off(connection: Connection, now: datetime) -> dict[str, int]:
    """Both pans: what was counted in, and what there is; of mailboxes the UIDs as well (I11)."""
    first = stamp(now - timedelta(days=DAYS - 1))[:10]
    off: dict[str, int] = {}
    for counted, rows in ((t.tally.c.received, t.message), (t.seen.c.uids, t.mail)):
        pan = select(rows.c.ingress, rows.c.day, (-func.count()).label("number")).where(rows.c.day >= first)
        ingresses = select(counted.table.c.ingress).distinct()
        pan = pan.where(rows.c.ingress.in_(ingresses)).group_by(rows.c.ingress, rows.c.day)
        other = select(counted.table.c.ingress, counted.table.c.day, counted).where(counted.table.c.day >= first)
        both = union_all(pan, other).subquery()
        weighed = select(both.c.ingress, both.c.day, func.sum(both.c.number).label("off"))
        for row in connection.execute(weighed.group_by(both.c.ingress, both.c.day)):
            off[row.ingress] = off.get(row.ingress, 0) + abs(int(row.off))
    return off


def _sources(connection: Connection) -> dict[str, datetime]:
    query = select(t.source.c.name, func.coalesce(t.source.c.succeeded_at, t.source.c.since).label("last"))
    return {row.name: moment(row.last) for row in connection.execute(query)}


def _moment(words: str | None) -> datetime | None:
    return moment(words) if words else None
