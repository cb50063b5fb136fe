"""The outbox as staff see it, and what they do to it by hand: each act written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.dialect import notify
from gateway.store.letters import erased
from gateway.store.listing import Window, newest


def records(connection: Connection, window: Window) -> Iterator[dict[str, Any]]:
    """The published records, oldest first."""
    query = select(
        t.outbox.c.id,
        t.outbox.c.created_at,
        t.account.c.code.label("account"),
        t.ticket.c.ref.label("ticket"),
        t.outbox.c.kind,
        t.outbox.c.state,
        t.outbox.c.attempts,
        t.outbox.c.next_attempt_at,
        t.outbox.c.status,
        t.outbox.c.recipient,
        t.outbox.c.message_id,
    )
    query = query.join(t.account, t.account.c.id == t.outbox.c.account_id)
    query = query.outerjoin(t.ticket, t.ticket.c.id == t.outbox.c.ticket_id)
    for row in connection.execute(newest(query, t.outbox.c.created_at, t.outbox.c.id, window)):
        yield dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def retry(connection: Connection, row: str, *, now: datetime, by: str) -> None:
    """Make a row due now. Raises LookupError, and ValueError for one that was delivered or whose words are gone."""
    state = _state(connection, row)
    if state == "delivered":
        raise ValueError(f"{row} was delivered; what was said cannot be said again")
    if connection.execute(select(erased).where(t.outbox.c.id == row)).scalar_one():
        raise ValueError(f"{row} has no words any more: retention or an erasure took them, and nothing is left to send")
    connection.execute(
        update(t.outbox).where(t.outbox.c.id == row).values(state="due", next_attempt_at=stamp(now)),
    )
    notify(connection)
    note(connection, now, by, "outbox.retry", row)


def cancel(connection: Connection, row: str, *, now: datetime, by: str) -> None:
    """Never send a row. Raises LookupError, and ValueError for one that is no longer waiting."""
    state = _state(connection, row)
    if state not in {"due", "deferred"}:
        raise ValueError(f"{row} is {state}; only what is due or deferred can be cancelled")
    connection.execute(
        update(t.outbox).where(t.outbox.c.id == row).values(state="cancelled", next_attempt_at=None),
    )
    note(connection, now, by, "outbox.cancel", row)


def _state(connection: Connection, row: str) -> str:
    state = connection.execute(select(t.outbox.c.state).where(t.outbox.c.id == row)).scalar()
    if state is None:
        raise LookupError(f"no outbox row {row}; `gateway outbox list` names them")
    return str(state)
