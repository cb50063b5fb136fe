"""The outbox: written in the transaction of what caused it; its rows name an account, never an address (I1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Connection, Row, String, bindparam, case, func, insert, or_, select, update

from gateway.core.account import Turn
from gateway.core.committed import Opening
from gateway.core.letter import one_line
from gateway.core.message import Report
from gateway.core.reply import Deferred, Delivered, Failed, Kind, Outcome, Outgoing, Reply, Words
from gateway.core.times import moment, stamp
from gateway.ports import Due
from gateway.store import deliveries, health, repetition
from gateway.store import tables as t
from gateway.store.dialect import notify, serialise
from gateway.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Limits:
    """How many acknowledgements an account gets in a while, and a ticket ever: no mail bombs through us (I6)."""

    per_account: int = 20
    period: timedelta = timedelta(days=1)
    per_ticket: int = 1


STATUS_CHARACTERS = 200

erased = t.outbox.c.text == ""
"""Retention or erasure has emptied it: there is nothing left to say."""
_insert = Prepared(insert(t.outbox))
_told = Prepared(
    select(func.count())
    .select_from(t.outbox)
    .where(or_(t.outbox.c.kind == Kind.OPENED.value, t.outbox.c.kind == Kind.ANSWER.value))
    .where(t.outbox.c.account_id == bindparam("account"))
    .where(t.outbox.c.created_at > bindparam("since"))
)
_answered = Prepared(
    select(func.count())
    .select_from(t.outbox)
    .where(t.outbox.c.ticket_id == bindparam("ticket"), t.outbox.c.kind == Kind.ANSWER.value)
)
_answers = (  # the last that was in the ticket; what was released came before it was let in
    select(t.entry.c.message_id)
    .where(t.entry.c.ticket_id == t.outbox.c.ticket_id, t.entry.c.kind == "in", t.entry.c.at <= t.outbox.c.created_at)
    .order_by(t.entry.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_waiting = (
    select(t.outbox, func.coalesce(t.ticket.c.ref, t.confirmation.c.ref).label("ref"))
    .add_columns(t.confirmation.c.message_id.label("about"), _answers.label("answers"))
    .outerjoin(t.ticket, t.ticket.c.id == t.outbox.c.ticket_id)
    .outerjoin(t.confirmation, t.confirmation.c.outbox_id == t.outbox.c.id)
    .where(t.outbox.c.next_attempt_at <= bindparam("now"), t.outbox.c.id.not_in(bindparam("busy", expanding=True)))
    .where(~erased)
    .order_by(t.outbox.c.next_attempt_at, t.outbox.c.id)
    .limit(bindparam("limit"))
)
_due = Prepared(_waiting, "busy")
_claimed = Prepared(_waiting.where(t.outbox.c.claimed_by == bindparam("node")), "busy")


def _unless_erased(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of a letter that was erased while it was in flight: how it ended, not with whom."""
    return case((erased, column), else_=value)


def _if_given(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(bindparam(f"its_{column.key}", type_=String()), column)


_tried = (
    update(t.outbox)
    .values({name: bindparam(f"its_{name}") for name in ("state", "attempts", "failure", "next_attempt_at")})
    .values(
        claimed_by=None,
        status=_unless_erased(t.outbox.c.status, bindparam("its_status", type_=String())),
        recipient=_unless_erased(t.outbox.c.recipient, _if_given(t.outbox.c.recipient)),
        message_id=_if_given(t.outbox.c.message_id),
    )
    .where(t.outbox.c.id == bindparam("row"))
)
_waits = _tried.where(or_(t.outbox.c.state == "due", t.outbox.c.state == "deferred"))
_unclaimed = _waits.where(or_(t.outbox.c.claimed_by.is_(None), t.outbox.c.claimed_by == bindparam("node")))
_went, _alone, _ours = (Prepared(one.returning(t.outbox.c.id)) for one in (_tried, _waits, _unclaimed))


def enqueue(connection: Connection, reply: Reply, ticket_id: int | None, now: datetime) -> None:
    """Put a reply into the outbox, due at once; a question is of no ticket."""
    _insert.run(
        connection,
        {
            "id": reply.row,
            "account_id": reply.account_id,
            "ticket_id": ticket_id,
            "kind": reply.kind.value,
            "subject": reply.words.subject,
            "text": reply.words.text,
            "in_reply_to": list(reply.in_reply_to),
            "created_at": stamp(now),
            "state": "due",
            "attempts": 0,
            "next_attempt_at": stamp(now),
            "status": "",
        },
    )
    notify(connection)


def acknowledge(connection: Connection, opening: Opening, ticket_id: int, now: datetime, limits: Limits) -> str:
    """Put an opening's acknowledgement into the outbox; its row, or "" where it would be one too many."""
    letter = opening.acknowledgement
    if letter is None or not _may_be_told(connection, opening, letter, ticket_id, now, limits):
        return ""
    enqueue(connection, letter, ticket_id, now)
    return letter.row


def _may_be_told(  # noqa: PLR0913, PLR0917 - a fact each
    connection: Connection, opening: Opening, letter: Reply, ticket_id: int, now: datetime, limits: Limits
) -> bool:
    """Whether one more stays within the limits. Only a ticket that is opened has an acknowledgement, so never two."""
    if limits.per_ticket < 1:
        return False
    if opening.accept.ticket is not None:  # it may have been answered before
        [answered] = _answered.scalars(connection, {"ticket": ticket_id})
        if answered >= limits.per_ticket:
            return False
    serialise(connection, "acknowledgements", letter.account_id)
    [told] = _told.scalars(connection, {"account": letter.account_id, "since": stamp(now - limits.period)})
    few = told < limits.per_account
    return few and not repetition.day_after_day(connection, letter.account_id, opening.message.body.text, now)


def due(
    connection: Connection, now: datetime, limit: int, busy: Collection[str] = (), node: int | None = None
) -> tuple[Due, ...]:
    """Rows whose time has come and that are not `busy`, oldest first; of several gateways', this node's."""
    facts = {"now": stamp(now), "limit": limit, "busy": list(busy)}
    rows = _due.rows(connection, facts) if node is None else _claimed.rows(connection, facts | {"node": node})
    return tuple(Due(_reply(row), row.attempts, moment(row.created_at), row.about or row.answers or "") for row in rows)


def settle(  # noqa: PLR0913 - a fact each
    connection: Connection,
    due: Due,
    outgoing: Outgoing | None,
    outcome: Outcome | None,
    *,
    at: datetime,
    next_attempt: datetime | None,
    node: int | None = None,
) -> Turn | None:
    """Write an attempt down. A row that was cancelled, or claimed by another `node`, stays so unless the letter went.

    Without a `node` there is nobody else. What it did to the primary address is given back (R6).
    """
    state, status, failure = _fate(outcome, next_attempt)
    deliveries.note(connection, due.reply.row, state, status, at)
    facts = {
        "row": due.reply.row,
        "its_state": state,
        "its_status": status,
        "its_failure": failure,
        "its_attempts": due.attempts + (outcome is not None),
        "its_next_attempt_at": stamp(next_attempt) if next_attempt else None,
        "its_recipient": str(outgoing.forward_path) if outgoing else None,
        "its_message_id": outgoing.message_id if outgoing else None,
    }
    if isinstance(outcome, Delivered):
        written = _went.rows(connection, facts)
    elif node is None:
        written = _alone.rows(connection, facts)
    else:
        written = _ours.rows(connection, facts | {"node": node})
    match outcome:
        case Delivered():
            return health.succeeded(connection, due.reply.row)
        case Failed() if written:
            return health.failed(connection, due.reply.row)
        case _:
            return None


def _fate(outcome: Outcome | None, next_attempt: datetime | None) -> tuple[str, str, str | None]:
    """The state, the status and, of a failure, its kind."""
    match outcome:
        case None:
            return "cancelled", "the account is closed", None
        case Delivered(status):
            return "delivered", status, None
        case Failed(status, hard):
            return "failed", status, health.HARD if hard else health.SOFT
        case Deferred(status):
            return "deferred" if next_attempt else "failed", status, None
        case unreachable:
            assert_never(unreachable)


def bounced(connection: Connection, row: str, report: Report, message_id: str, at: datetime) -> Turn | None:
    """A delivery report came back to this row's own reverse-path (threats rule 14).

    A failure fails the letter, once; a delay is only shown. What it did to the primary address is given back (R6).
    """
    if report.action not in {"failed", "delayed"}:
        return None
    about = f"{report.recipient or 'the recipient'} {'failed' if report.action == 'failed' else 'is late'}"
    told = f"{report.status or report.action}: the delivery report says that {about}"
    values = {"status": one_line(told, STATUS_CHARACTERS)}
    deliveries.note(connection, row, report.action, values["status"], at, message_id)
    if report.action == "failed":
        values |= {"state": "failed", "failure": health.HARD if report.hard else health.SOFT}
    delivered = (t.outbox.c.id == row) & (t.outbox.c.state == "delivered") & ~erased
    changed = connection.execute(update(t.outbox).where(delivered).values(values))
    return health.failed(connection, row) if changed.rowcount and report.action == "failed" else None


def _reply(row: Row[Any]) -> Reply:
    return Reply(
        row.id,
        row.account_id,
        row.ref,
        Kind(row.kind),
        Words(row.subject, row.text),
        tuple(row.in_reply_to),
        row.about or "",
    )
