"""Who changed what by hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from gateway.core.times import stamp
from gateway.store import tables as t


def note(connection: Connection, now: datetime, by: str, action: str, subject: str, detail: str = "") -> None:  # noqa: PLR0913, PLR0917 - one fact a column
    """Write one act down, in the transaction that does it."""
    connection.execute(
        insert(t.audit).values(at=stamp(now), by=by, action=action, subject=subject, detail=detail),
    )
