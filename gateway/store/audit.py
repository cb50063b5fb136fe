"""Who changed what by hand: a chain of rows that are only ever added. Triggers refuse all else, `verify()` sees it.

`note()` is its one writer. What may be personal goes into `detail`, which stands apart (`audit_text`) and can be
erased; `subject` is a code or an id, never an address, and stays. Decision 0029.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.core.chain import GENESIS, commitment, link
from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.dialect import serialise
from gateway.store.listing import Window, newest

ERASED = "audit.erase"
"""The act that accounts for details that are gone; its own detail lists their rows."""

SALT_OCTETS = 16
PAGE = 500
"""So many rows are read at a time, and so many details erased by one statement."""

_chained = ("id", "at", "by", "action", "subject", "commitment")
_last = select(t.audit.c.id, t.audit.c.hash).order_by(t.audit.c.id.desc()).limit(1)
_insert = insert(t.audit)
_insert_text = insert(t.audit_text)
_drop = delete(t.audit_text).where(t.audit_text.c.audit_id == bindparam("row"))
_streamed = {"stream_results": True, "yield_per": PAGE}
_rows = select(t.audit, t.audit_text.c.salt, t.audit_text.c.detail).select_from(t.audit.outerjoin(t.audit_text))


@dataclass(frozen=True, slots=True)
class Head:
    """How many rows there are, and the hash of the last one. Kept elsewhere, it shows when the end is cut off."""

    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: the chain as far as it holds, and why it does not go on, "" where it is whole."""

    head: Head
    erased: int
    broken: str


def note(connection: Connection, now: datetime, by: str, action: str, subject: str, detail: str = "") -> None:  # noqa: PLR0913, PLR0917 - one fact a column
    """Write one act down, in the transaction that does it: until its end nobody else adds to the chain."""
    serialise(connection, "audit")
    last, salt = head(connection), secrets.token_hex(SALT_OCTETS)
    row: dict[str, Any] = {"id": last.rows + 1, "at": stamp(now), "by": by, "action": action, "subject": subject}
    row["commitment"] = commitment(salt, detail)
    connection.execute(_insert, {**row, "hash": link(last.hash, *(row[name] for name in _chained))})
    connection.execute(_insert_text, {"audit_id": row["id"], "salt": salt, "detail": detail})


def head(connection: Connection) -> Head:
    """The end of the chain."""
    row = connection.execute(_last).first()
    return Head(row.id, row.hash) if row else Head(0, GENESIS)


def records(connection: Connection, window: Window) -> Iterator[dict[str, Any]]:
    """The published records, in the order of the chain; `detail` is null where it was erased."""
    names = ("id", "at", "by", "action", "subject", "detail", "hash")
    query = _rows.where(t.audit.c.at >= stamp(window.since)) if window.since else _rows
    for row in connection.execute(newest(query, t.audit.c.id, t.audit.c.id, Window(limit=window.limit))):
        yield {name: getattr(row, name) for name in names}


def erase(connection: Connection, rows: Iterable[int], *, now: datetime, by: str, subject: str) -> int:
    """Delete the details of these rows, with their salts, and write down which. Returns how many."""
    gone = [row for row in sorted(set(rows)) if connection.execute(_drop, {"row": row}).rowcount]
    if gone:
        note(connection, now, by, ERASED, subject, " ".join(map(str, gone)))
    return len(gone)


def verify(connection: Connection, kept: str = GENESIS) -> Verified:
    """Follow the chain from its beginning, in constant memory, to its end or to the first row that does not fit.

    `kept` is the hash of a head from before: without one, rows that are cut off the end leave no trace.
    """
    last, erased, unexplained, met = Head(0, GENESIS), 0, set[str](), kept == GENESIS
    with connection.execute(_rows.order_by(t.audit.c.id), execution_options=_streamed) as found:
        for row in found:
            if row.id != last.rows + 1:
                return Verified(last, erased, f"row {last.rows + 1} is missing")
            if row.hash != link(last.hash, *(getattr(row, name) for name in _chained)):
                return Verified(last, erased, f"row {row.id} is not as it was written, or not after row {last.rows}")
            if row.salt is None:
                erased += 1
                unexplained.add(str(row.id))
            elif row.commitment != commitment(row.salt, row.detail):
                return Verified(last, erased, f"the detail of row {row.id} is not as it was written")
            elif row.action == ERASED:
                unexplained.difference_update(row.detail.split())
            last = Head(row.id, row.hash)
            met = met or row.hash == kept
    broken = "" if met else f"no row has the hash {kept}: the end was cut off, or the chain was written anew"
    if unexplained:
        broken = f"the detail of row {min(unexplained, key=int)} is gone, and no erasure says so"
    return Verified(last, erased, broken)
