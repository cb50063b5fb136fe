"""The tickets as staff use them (R9, R10): an answer goes into history and outbox in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from gateway.core.account import Account
from gateway.core.case import TicketFact
from gateway.core.letter import reflectable
from gateway.core.reference import normal_reference
from gateway.core.reply import Kind, Reply, Words
from gateway.core.ticket import Status
from gateway.core.times import stamp
from gateway.store import attempts, book, contents, letters
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.health import HARD_FAILURES
from gateway.store.listing import Window, newest
from gateway.store.prepared import Prepared

Wording = Callable[[Account, str, str], Words]
"""Renders a reply from the account, the ticket's reference and its subject."""

THREAD = 20
"""How many of a ticket's messages a reply names in References."""

_facts = Prepared(
    select(t.ticket.c.id, t.ticket.c.ref, t.ticket.c.account_id).where(
        t.ticket.c.ref.in_(bindparam("refs", expanding=True)),
        t.ticket.c.account_id.is_not(None),  # an enquiry has no thread: its reference was told to nobody
    ),
    "refs",
)


def tickets(connection: Connection, references: Sequence[str]) -> tuple[TicketFact, ...]:
    """Those of these references that exist."""
    if not references:
        return ()
    rows = _facts.rows(connection, {"refs": list(references)})
    return tuple(TicketFact(row.id, row.ref, row.account_id) for row in rows)


def reply(  # noqa: PLR0913 - one fact each
    connection: Connection,
    reference: str,
    text: str,
    wording: Wording,
    *,
    row: str,
    now: datetime,
    by: str,
) -> str:
    """Say `text` to the account that holds the ticket (R4). Returns the outbox row. Raises LookupError, ValueError."""
    ticket = _ticket(connection, reference)
    if ticket.account_id is None:  # R2
        raise ValueError(f"ticket {ticket.ref} is an enquiry of no account: there is no primary address to answer to")
    _say(connection, ticket, Kind.REPLY, wording, row=row, now=now)
    _write_entry(connection, ticket, "out", by, text, now, row)
    return row


def add_note(connection: Connection, reference: str, text: str, *, now: datetime, by: str) -> None:
    """Write a note that only staff read. Raises LookupError."""
    _write_entry(connection, _ticket(connection, reference), "note", by, text, now)


def set_status(  # noqa: PLR0913 - one fact each
    connection: Connection,
    reference: str,
    status: Status,
    wording: Wording,
    *,
    row: str,
    now: datetime,
    by: str,
) -> None:
    """Change the status; the customer is told when a ticket is closed (R5). Raises LookupError, ValueError."""
    ticket = _ticket(connection, reference)
    if ticket.status == status.value:
        return
    _update(connection, ticket, now, status=status.value)
    note(connection, now, by, "ticket.status", ticket.ref, f"{ticket.status} to {status.value}")
    if status is Status.CLOSED and ticket.account_id is not None:
        _say(connection, ticket, Kind.CLOSED, wording, row=row, now=now)


def assign(connection: Connection, reference: str, assignee: str, *, now: datetime, by: str) -> None:
    """Give the ticket to somebody, or with no name to nobody. Raises LookupError."""
    ticket = _ticket(connection, reference)
    name = assignee.strip() or None
    _update(connection, ticket, now, assignee=name)
    note(connection, now, by, "ticket.assign", ticket.ref, name or "nobody")


def records(connection: Connection, window: Window) -> Iterator[dict[str, Any]]:
    """The published records, oldest first."""
    query = newest(_listing, t.ticket.c.opened_at, t.ticket.c.id, window)
    for row in connection.execute(query):
        yield _record(row)


def record(connection: Connection, reference: str) -> dict[str, Any]:
    """One ticket with its history, the notices sent about it, and who tried to get in. Raises LookupError."""
    ticket = _ticket(connection, reference)
    row = connection.execute(_listing.where(t.ticket.c.id == ticket.id)).one()
    return {
        **_record(row),
        "primary_working": None if row.account is None else row.hard_failures < HARD_FAILURES,
        "history": _history(connection, ticket.id),
        "notices": _notices(connection, ticket.id),
        "attempts": attempts.records(connection, ticket.ref),
    }


_listing = select(
    t.ticket,
    t.account.c.code.label("account"),
    t.account.c.hard_failures,
    select(func.count()).where(t.entry.c.ticket_id == t.ticket.c.id).scalar_subquery().label("entries"),
).outerjoin(t.account, t.account.c.id == t.ticket.c.account_id)


def _record(row: Row[Any]) -> dict[str, Any]:
    names = (
        "ref",
        "account",
        "service",
        "queue",
        "priority",
        "tags",
        "status",
        "subject",
        "opened_at",
        "updated_at",
        "assignee",
        "entries",
    )
    return {name: getattr(row, name) for name in names}


def _history(connection: Connection, ticket_id: int) -> list[dict[str, Any]]:
    query = (
        select(t.entry, t.outbox.c.state.label("delivery"))
        .outerjoin(t.outbox, t.outbox.c.id == t.entry.c.outbox_id)
        .where(t.entry.c.ticket_id == ticket_id)
        .order_by(t.entry.c.id)
    )
    return [
        {
            "at": row.at,
            "kind": row.kind,
            "by": row.by,
            "text": row.text,
            "quoted": row.quoted,
            "signature": row.signature,
            "folded": row.folded,
            "attachments": row.attachments,
            "message": row.message_id,
            "delivery": row.delivery,
        }
        for row in connection.execute(query)
    ]


def _notices(connection: Connection, ticket_id: int) -> list[dict[str, Any]]:
    query = (
        select(t.outbox.c.created_at, t.outbox.c.kind, t.outbox.c.state)
        .where(t.outbox.c.ticket_id == ticket_id, t.outbox.c.kind != Kind.REPLY.value)
        .order_by(t.outbox.c.created_at, t.outbox.c.id)
    )
    return [{"at": row.created_at, "kind": row.kind, "delivery": row.state} for row in connection.execute(query)]


def attachment(connection: Connection, reference: str, digest: str) -> bytes:
    """The octets of an attachment, by its sha256 or how that begins. Raises LookupError, ValueError."""
    return contents.attached(connection, _ticket(connection, reference).id, digest)


def _ticket(connection: Connection, reference: str) -> Row[Any]:
    normal = normal_reference(reference.strip(" \t[#]"))
    row = connection.execute(select(t.ticket).where(t.ticket.c.ref == normal)).first()
    if row is None:
        raise LookupError(f"no ticket {reference}; `gateway tickets list` names them")
    return row


def _say(  # noqa: PLR0913 - one fact each
    connection: Connection,
    ticket: Row[Any],
    kind: Kind,
    wording: Wording,
    *,
    row: str,
    now: datetime,
) -> None:
    account = book.by_id(connection, ticket.account_id)
    if account is None:
        raise LookupError(f"ticket {ticket.ref} is of an account that is gone")
    words = wording(account, ticket.ref, ticket.subject)
    told = Reply(row, account.id, ticket.ref, kind, words, _thread(connection, ticket.id))
    letters.enqueue(connection, told, ticket.id, now)


def _thread(connection: Connection, ticket_id: int) -> tuple[str, ...]:
    """The Message-IDs of what the customer wrote, oldest first, as far as a header of ours may carry them."""
    query = (
        select(t.message.c.message_id)
        .join(t.entry, t.entry.c.message_id == t.message.c.id)
        .where(t.entry.c.ticket_id == ticket_id, t.entry.c.kind == "in", ~t.entry.c.folded)
        .order_by(t.entry.c.id.desc())
        .limit(THREAD)
    )
    return reflectable(tuple(reversed(list(connection.execute(query).scalars()))))


def _write_entry(  # noqa: PLR0913, PLR0917 - one fact a column
    connection: Connection,
    ticket: Row[Any],
    kind: str,
    by: str,
    text: str,
    now: datetime,
    outbox_id: str | None = None,
) -> None:
    connection.execute(
        insert(t.entry).values(
            ticket_id=ticket.id,
            at=stamp(now),
            kind=kind,
            by=by,
            text=text,
            quoted="",
            signature="",
            attachments=[],
            outbox_id=outbox_id,
        ),
    )
    _update(connection, ticket, now)


def _update(connection: Connection, ticket: Row[Any], now: datetime, **values: str | None) -> None:
    connection.execute(update(t.ticket).where(t.ticket.c.id == ticket.id).values(updated_at=stamp(now), **values))
