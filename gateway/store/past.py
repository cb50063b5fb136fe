"""The past: messages in the order in which they came, with the facts that another policy can be tried on. Read only.

By pages, each a short look of its own: however many there are, memory stays flat and the journal can be written back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, tuple_

from gateway.core.reason import Disposition, Reason
from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.database import Database
from gateway.store.quarantine import let_go_later

PAGE = 500
"""Messages at a time: at most 8 KB of facts each."""

_m = t.message.c
_COLUMNS = (
    _m.received_at,
    _m.id,
    _m.author,
    _m.subject,
    _m.disposition,
    _m.reason,
    _m.rule,
    _m.overrides,
    _m.facts,
)


@dataclass(frozen=True, slots=True)
class Past:
    """A message and what its policy said of it. `facts` is None where they were never known, or are gone.

    `released`: what became of it is an operator's doing.
    """

    id: str
    received_at: str
    author: str | None
    subject: str
    disposition: Disposition
    reason: Reason
    rule: str
    released: bool
    facts: dict[str, Any] | None


def count(connection: Connection, since: datetime | None, until: datetime) -> int:
    """How many there are."""
    return int(
        connection.execute(select(func.count()).select_from(t.message).where(_within(since, until))).scalar_one()
    )


def messages(database: Database, since: datetime | None, until: datetime) -> Iterator[Past]:
    """All of them, oldest first. Raises Unavailable."""
    query = select(*_COLUMNS).where(_within(since, until)).order_by(_m.received_at, _m.id).limit(PAGE)
    after = ("", "")
    while True:
        page = query.where(tuple_(_m.received_at, _m.id) > tuple_(*after))
        rows = database.read(partial(_rows, page))
        yield from map(_past, rows)
        if len(rows) < PAGE:
            return
        after = (rows[-1].received_at, rows[-1].id)


def _rows(page: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(page).all()


def _past(row: Row[Any]) -> Past:
    """By hand, or by its age, went only what was held."""
    disposition = Disposition.QUARANTINE if let_go_later(row.rule) else Disposition(row.disposition)
    said = (disposition, Reason(row.reason), row.rule)
    return Past(row.id, row.received_at, row.author, row.subject, *said, bool(row.overrides), row.facts)


def _within(since: datetime | None, until: datetime) -> ColumnElement[bool]:
    return and_(_m.received_at >= (stamp(since) if since else ""), _m.received_at <= stamp(until))
