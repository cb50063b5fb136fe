"""What waits to be sent, in a line: how many letters, since when, and what the smarthost said last."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.core.letter import one_line
from gateway.store import tables as t

STATUS_CHARACTERS = 200

_waits = t.outbox.c.next_attempt_at.is_not(None)
_again = _waits & (t.outbox.c.state == "deferred")


def outbox(connection: Connection) -> str:
    """Of a smarthost that is away this is where it shows."""
    letters = connection.execute(select(func.count()).select_from(t.outbox).where(_waits)).scalar_one()
    again, since = connection.execute(select(func.count(), func.min(t.outbox.c.created_at)).where(_again)).one()
    if not again:
        return f"outbox: {letters} to be sent"
    latest = select(t.outbox.c.status).where(_again).order_by(t.outbox.c.next_attempt_at.desc()).limit(1)
    said = one_line(connection.execute(latest).scalar_one(), STATUS_CHARACTERS)
    return f"outbox: {letters} to be sent, {again} of them again, the oldest since {since}: {said}"
