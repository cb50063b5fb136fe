"""What was received and what became of it: the published records, and the balance (I11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from gateway.core.reason import Disposition
from gateway.core.times import moment, stamp
from gateway.store import blobs, mailboxes
from gateway.store import tables as t
from gateway.store.listing import Window, newest

_listing = (
    select(t.message, t.account.c.code.label("account"), t.ticket.c.ref.label("ticket"))
    .outerjoin(t.account, t.account.c.id == t.message.c.account_id)
    .outerjoin(t.ticket, t.ticket.c.id == t.message.c.ticket_id)
)
_NAMES = (
    "id",
    "received_at",
    "ingress",
    "reverse_path",
    "forward_paths",
    "author",
    "subject",
    "message_id",
    "size",
    "sha256",
    "account",
    "disposition",
    "reason",
    "rule",
    "ticket",
    "expires_at",
    "held_for",
)
_COUNTS = {
    "accepted": Disposition.ACCEPT,
    "quarantined": Disposition.QUARANTINE,
    "rejected": Disposition.REJECT,
    "discarded": Disposition.DISCARD,
    "failed": Disposition.FAILED,
}


def messages(
    connection: Connection, window: Window, condition: ColumnElement[bool] | None = None, *more: str
) -> Iterator[dict[str, Any]]:
    """The records of all messages, oldest first, or of those with a condition; `more` are further columns."""
    query = _listing if condition is None else _listing.where(condition)
    for row in connection.execute(newest(query, t.message.c.received_at, t.message.c.id, window)):
        yield {**_record(row), **{name: getattr(row, name) for name in more}}


def message(connection: Connection, message_id: str) -> dict[str, Any]:
    """One message with its trace, evidence and report. Raises LookupError."""
    row = connection.execute(_listing.where(t.message.c.id == message_id)).first()
    if row is None:
        raise LookupError(f"no message {message_id}; `gateway messages list` names them")
    more = ("detail", "peer", "trace", "evidence", "report", "policy", "overrides", "trusted_ids", "inside")
    return {**_record(row), **{name: getattr(row, name) for name in more}}


def latest(connection: Connection) -> datetime | None:
    """When the newest message came, by the clock of then."""
    newest_at = connection.execute(select(func.max(t.message.c.received_at))).scalar()
    return moment(newest_at) if newest_at else None


def by_message_id(connection: Connection, message_id: str) -> str | None:
    """The first message that came in under this Message-ID."""
    query = select(t.message.c.id).where(t.message.c.message_id == message_id).order_by(t.message.c.received_at)
    return connection.execute(query.limit(1)).scalar()


def octets(connection: Connection, message_id: str) -> bytes:
    """The bytes exactly as received (I12). Raises LookupError, Damaged, Unavailable."""
    query = select(t.raw.c.octets, t.raw.c.blob, t.message.c.size).join(t.message)
    found = connection.execute(query.where(t.raw.c.message_id == message_id)).first()
    if found is None:
        raise LookupError(f"no bytes of a message {message_id} are kept")
    if found.blob is not None:
        return blobs.read(connection, found.blob, found.size, f"message {message_id}")
    return bytes(found.octets)


def balance(connection: Connection, since: datetime | None = None) -> list[dict[str, Any]]:
    """For each ingress and day what was counted in, and what the messages say became of it (I11)."""
    sums = [
        func.sum(case((t.message.c.disposition == disposition.value, 1), else_=0)).label(name)
        for name, disposition in _COUNTS.items()
    ]
    found = select(t.message.c.ingress, t.message.c.day, *sums).group_by(t.message.c.ingress, t.message.c.day)
    pan = {(row.ingress, row.day): row for row in connection.execute(found)}
    counted = {(row.ingress, row.day): row.received for row in connection.execute(select(t.tally))}
    mail = mailboxes.audit(connection)
    first_day = stamp(since)[:10] if since else ""
    keys = {key for key in pan.keys() | counted.keys() | mail.keys() if key[1] >= first_day}
    return [
        _weighed(key, counted.get(key, 0), pan.get(key), mail.get(key, mailboxes.NOTHING))
        for key in sorted(keys, key=lambda key: (key[1], key[0]))
    ]


def _weighed(key: tuple[str, str], received: int, row: Row[Any] | None, mail: mailboxes.Audit) -> dict[str, Any]:
    counts = {name: int(getattr(row, name)) if row else 0 for name in _COUNTS}
    level = received == sum(counts.values()) and not mail.gaps
    return {"ingress": key[0], "day": key[1], "received": received, **counts, **asdict(mail), "ok": level}


def _record(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _NAMES}
