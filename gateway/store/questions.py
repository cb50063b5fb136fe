"""Questions to primaries that are not sent any more: what they ask about was judged, or let go."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from gateway.store import tables as t

JUDGED = "what it asks about is held no more"
"""The status of such a letter."""


def withdraw(connection: Connection, messages: Sequence[str]) -> None:
    """Never send what waits; one in flight may go all the same, as of any that is cancelled."""
    asked = select(t.confirmation.c.outbox_id).where(t.confirmation.c.message_id.in_(messages))
    waits = t.outbox.c.state.in_(("due", "deferred"))
    values = {"state": "cancelled", "status": JUDGED, "next_attempt_at": None}
    connection.execute(update(t.outbox).where(t.outbox.c.id.in_(asked), waits).values(values))
