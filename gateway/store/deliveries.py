"""What became of a letter each time: an attempt with the smarthost's words, or a delivery report. Only added to.

The outbox says how a letter stands now; this is how it came to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, delete, insert, select

from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.prepared import Prepared

TOLD = 2_000
"""So many of several letters: a server that has a letter's reverse-path may send reports without end."""

_said = case((t.outbox.c.text == "", ""), else_=bindparam("said"))  # of one that is erased: how, not with whom
_facts = select(t.outbox.c.id, bindparam("moment"), bindparam("what"), _said, bindparam("report"))
_note = Prepared(
    insert(t.delivery).from_select(
        ["outbox_id", "at", "outcome", "status", "message_id"], _facts.where(t.outbox.c.id == bindparam("row"))
    )
)


def note(  # noqa: PLR0913, PLR0917 - a column each
    connection: Connection, row: str, outcome: str, status: str, at: datetime, report: str | None = None
) -> None:
    """An attempt's outcome, or what a `report` says, the message of that id."""
    facts = {"row": row, "moment": stamp(at), "what": outcome, "said": status, "report": report}
    _note.run(connection, facts)


def of_letters(connection: Connection, rows: Sequence[str]) -> Sequence[Row[Any]]:
    """Of these letters, in order, the first ones."""
    query = select(t.delivery).where(t.delivery.c.outbox_id.in_(rows)).order_by(t.delivery.c.id)
    return connection.execute(query.limit(TOLD)).all()


def forget(connection: Connection, letters: Select[Any]) -> None:
    """Of letters of which nothing is to be known any more but how they ended."""
    connection.execute(delete(t.delivery).where(t.delivery.c.outbox_id.in_(letters)))
