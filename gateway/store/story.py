"""What became of a mail, in order: how it came, what was decided and why, and what was done and sent about it since.

It tells that something was said, by whom and when, and never what: words of customers and staff are in the ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.core.letter import one_line
from gateway.core.reason import Reason
from gateway.store import deliveries
from gateway.store import tables as t
from gateway.store.dialect import Overdue, within

EVENTS = 200
"""So many of each kind are told, the first ones."""
PATIENCE = 1.0
"""Seconds that repetitions are looked for."""
WORDS = 300
"""Of each, in characters."""

_m = t.message.c


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when, what in a word, and in words; `id` names the row that tells more."""

    at: str
    what: str
    words: str
    id: str = ""


def of_message(connection: Connection, message_id: str, patience: float = PATIENCE) -> list[Event]:
    """The message's own way, and of its ticket what came after. So many seconds are its repetitions looked for."""
    row = connection.execute(select(t.message).where(_m.id == message_id)).one()
    told = [*_came(row), *_about(connection, row), *_duplicates(connection, row, patience)]
    if row.ticket_id is not None:
        told += (one for one in _of_ticket(connection, row.ticket_id, row.received_at) if one.id != row.id)
    return _in_order(told)


def of_ticket(connection: Connection, reference: str) -> list[Event]:
    """The way of the message that opened it, and all that came after."""
    ticket = connection.execute(select(t.ticket.c.id).where(t.ticket.c.ref == reference)).scalar_one()
    first = select(t.message).join(t.entry, t.entry.c.message_id == _m.id).where(t.entry.c.ticket_id == ticket)
    row = connection.execute(first.order_by(t.entry.c.id).limit(1)).first()
    told = _of_ticket(connection, ticket)
    if row is None:
        return _in_order(told)
    told = [
        *_about(connection, row),
        *_duplicates(connection, row, PATIENCE),
        *(one for one in told if one.id != row.id),
    ]
    return _in_order([*_came(row), *told])


def _in_order(told: Sequence[Event]) -> list[Event]:
    return sorted(told, key=lambda one: one.at)  # which keeps those of one moment as they were told


def _came(row: Row[Any]) -> Iterator[Event]:
    """The stations, as they were told then; of what retention has emptied, how it ended."""
    queued = f"; {row.queue_id} in the queue of who handed it over" if row.queue_id else ""
    header = f"“{row.subject}”, Message-ID {f'<{row.message_id}>' if row.message_id else 'none'}{queued}"
    yield _event(row.received_at, "message", header, row.id)
    for station, words in row.trace:
        if station != "verdict":
            yield _event(row.received_at, station, words)
    rule = f" by {row.rule}" if row.rule else ""
    yield _event(
        row.received_at, "verdict", f"{row.disposition} ({row.reason}){rule}: {row.detail or 'no more is kept'}"
    )
    if row.expires_at:
        held_for = f" for {row.held_for}" if row.held_for else ""
        yield _event(row.received_at, "held", f"until {row.expires_at}{held_for}; then it is discarded")


def _about(connection: Connection, row: Row[Any]) -> Iterator[Event]:
    """What is written beside a message."""
    mail = select(t.mail).where(t.mail.c.message_id == row.id).limit(EVENTS)
    for one in connection.execute(mail):
        yield _event(row.received_at, "mailbox", f"{one.ingress}, UID {one.uid}: {one.step}")
    named = select(t.attempt).where(t.attempt.c.message_id == row.id).order_by(t.attempt.c.id).limit(EVENTS)
    for one in connection.execute(named):
        yield _event(row.received_at, "named", f"ticket {one.ref} ({one.found}), and was not let in")
    yield from _question(connection, row.id)
    yield from _acts(connection, [row.id])


def _question(connection: Connection, message_id: str) -> Iterator[Event]:
    asked = connection.execute(select(t.confirmation).where(t.confirmation.c.message_id == message_id)).first()
    if asked is None:
        return
    answer = f", by message {asked.answer_id}" if asked.answer_id else f", until {asked.expires_at}"
    yield _event(asked.made_at, "question", f"to the account's primary address: {asked.state}{answer}", asked.ref)
    yield from _letters(connection, t.outbox.c.id == asked.outbox_id)


def _duplicates(connection: Connection, row: Row[Any], patience: float) -> Iterator[Event]:
    """Each is a record of its own; without a Message-ID they are known by their author."""
    alike = _m.message_id == row.message_id if row.message_id else _m.author == row.author
    query = select(_m.id, _m.received_at, _m.ingress).where(alike, _m.reason == Reason.DUPLICATE.value)
    query = query.where(_m.detail == f"the same as {row.id}").order_by(_m.received_at, _m.id)
    try:
        with within(connection, patience):
            found = connection.execute(query.limit(EVENTS)).all()
    except Overdue:  # whoever wrote it may have sent a hundred thousand under one Message-ID
        yield _event(row.received_at, "duplicate", "not looked for to the end: too much came under this Message-ID")
        return
    for one in found:
        yield _event(one.received_at, "duplicate", f"the same came again by {one.ingress}, and was discarded", one.id)


def _of_ticket(connection: Connection, ticket_id: int, since: str = "") -> list[Event]:
    """From then on: what came before would crowd it out of a long one."""
    ticket = connection.execute(
        select(t.ticket, t.account.c.code).outerjoin(t.account).where(t.ticket.c.id == ticket_id)
    ).one()
    whose = f"of account {ticket.code}" if ticket.code else "of no account, which nobody is answered in"
    queue = (
        f"queue {ticket.queue}, {ticket.status} now, {f'with {ticket.assignee}' if ticket.assignee else 'with nobody'}"
    )
    told = [_event(ticket.opened_at, "ticket", f"{ticket.ref} {whose}; {queue}", ticket.ref)]
    entries = select(t.entry).where(t.entry.c.ticket_id == ticket_id, t.entry.c.at >= since).order_by(t.entry.c.id)
    found = connection.execute(entries.limit(EVENTS + 1)).all()
    for one in found[:EVENTS]:
        words = {
            "in": f"into {ticket.ref}, by {one.by}{', a program' if one.folded else ''}",
            "out": f"by {one.by}: letter {one.outbox_id}",
            "note": f"by {one.by}, for staff alone",
        }
        what = {"in": "follow-up", "out": "answer", "note": "note"}[one.kind]
        told.append(_event(one.at, what, words[one.kind], one.message_id or one.outbox_id or ""))
    if len(found) > EVENTS:
        told.append(_event(found[EVENTS].at, "more", f"`gateway tickets show {ticket.ref}` tells the rest"))
    told += _letters(connection, (t.outbox.c.ticket_id == ticket_id) & (t.outbox.c.created_at >= since))
    return [one for one in [*told, *_acts(connection, [ticket.ref])] if one.at >= since]


def _letters(connection: Connection, those: Any) -> Iterator[Event]:
    """Each letter, and each attempt to deliver it."""
    query = select(t.outbox, t.account.c.code).join(t.account, t.account.c.id == t.outbox.c.account_id)
    letters = connection.execute(query.where(those).order_by(t.outbox.c.created_at, t.outbox.c.id).limit(EVENTS)).all()
    tried = deliveries.of_letters(connection, [one.id for one in letters])
    known = {one.outbox_id for one in tried}
    for one in letters:
        again = f", again at {one.next_attempt_at}" if one.next_attempt_at and one.attempts else ""
        told = "" if one.id in known or not one.status else f" after {one.attempts} attempts: {one.status}"
        to = f"{one.kind}, to the primary address of {one.code}: {one.state}{again}{told}"
        yield _event(one.created_at, "letter", to, one.id)
    recipients = {one.id: one.recipient for one in letters}
    for one in tried:
        if one.message_id:
            yield _event(
                one.at, "report", f"on {one.outbox_id}, by message {one.message_id}: {one.status}", one.outbox_id
            )
        else:
            to = f" to {recipients[one.outbox_id]}" if recipients[one.outbox_id] else ""
            yield _event(one.at, one.outcome, f"{one.outbox_id}{to}: {one.status}", one.outbox_id)
    yield from _acts(connection, [one.id for one in letters])


def _acts(connection: Connection, subjects: Sequence[str]) -> Iterator[Event]:
    """What was done by hand, and by whom: the audit."""
    query = select(t.audit, t.audit_text.c.detail).outerjoin(t.audit_text).where(t.audit.c.subject.in_(subjects))
    for one in connection.execute(query.order_by(t.audit.c.id).limit(EVENTS)):
        detail = f": {one.detail}" if one.detail else ""
        yield _event(one.at, "act", f"{one.action} {one.subject} by {one.by}{detail}", one.subject)


def _event(at: str, what: str, words: str, row: str = "") -> Event:
    return Event(at, what, one_line(words, WORDS), row)
