"""Failed attempts: messages that named a ticket and were not let into it, for its staff to see, and for nobody else.

An attempt is no part of the ticket's history and changes neither its state nor its age: otherwise whoever can name a
ticket could move it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.core.committed import Record
from gateway.core.reason import Reason
from gateway.core.verdict import Accept
from gateway.store import tables as t
from gateway.store.prepared import Prepared

KEPT = 100
"""So many are kept for one reference, the newest: a flood fills no disk."""
SHOWN = 20
"""So many are shown with a ticket, the newest."""
NAMED = 20
"""So many tickets that one message names are looked at."""

_write = Prepared(insert(t.attempt))
_too_old = select(t.attempt.c.id).where(t.attempt.c.ref == bindparam("named"))
_too_old = _too_old.order_by(t.attempt.c.id.desc()).offset(KEPT)
_drop = Prepared(delete(t.attempt).where(t.attempt.c.id.in_(_too_old)))
_forget = Prepared(delete(t.attempt).where(t.attempt.c.message_id == bindparam("message")))
_newest = (
    select(
        t.attempt.c.found,
        t.message.c.received_at,
        t.message.c.id.label("message"),
        t.message.c.author,
        t.message.c.reason,
    )
    .join(t.message, t.message.c.id == t.attempt.c.message_id)
    .where(t.attempt.c.ref == bindparam("named"), t.message.c.reason != Reason.DUPLICATE.value)
    .order_by(t.attempt.c.id.desc())
    .limit(SHOWN)
)


def settle(connection: Connection, record: Record) -> None:
    """Write down which tickets the message named in vain; of one that is accepted, or judged again, nothing stays.

    The same statements and the same rows for tickets that exist and for those that do not: a row more was 4 % of the
    time until the reply (I10).
    """
    message = record.case.arrival.id
    mentions = record.case.mentions[:NAMED]
    if not mentions:
        return
    _forget.run(connection, {"message": message})
    if isinstance(record.verdict, Accept):
        return
    strongest = {one.reference: one.found.value for one in reversed(mentions)}
    for reference, found in strongest.items():
        _write.run(connection, {"ref": reference, "message_id": message, "found": found})
        _drop.run(connection, {"named": reference})


def records(connection: Connection, reference: str) -> list[dict[str, Any]]:
    """The published records of a ticket's newest attempts, oldest first."""
    rows = connection.execute(_newest, {"named": reference}).all()
    return [
        {
            "at": row.received_at,
            "message": row.message,
            "author": row.author,
            "reason": row.reason,
            "found": row.found,
        }
        for row in reversed(rows)
    ]
