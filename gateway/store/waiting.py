"""What waits to be sent: in a line, or letter by letter; and what the smarthost said last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


def letters(connection: Connection) -> Iterator[dict[str, Any]]:
    """Those that wait, oldest first. `size` is in characters; `recipient` the primary address of now (R4)."""
    names = ("id", "kind", "state", "attempts", "created_at", "next_attempt_at", "status")
    size = (func.length(t.outbox.c.subject) + func.length(t.outbox.c.text)).label("size")
    query = select(*(t.outbox.c[name] for name in names), size)
    query = query.add_columns(t.account.c.code.label("account"), t.ticket.c.ref.label("ticket"), t.address.c.text)
    query = query.join(t.account, t.account.c.id == t.outbox.c.account_id)
    query = query.outerjoin(t.address, (t.address.c.account_id == t.account.c.id) & t.address.c.is_primary)
    query = query.outerjoin(t.ticket, t.ticket.c.id == t.outbox.c.ticket_id)
    for row in connection.execute(query.where(_waits).order_by(t.outbox.c.created_at, t.outbox.c.id)):
        yield {
            **{name: getattr(row, name) for name in (*names, "size", "account", "ticket")},
            "recipient": row.text,
        }
