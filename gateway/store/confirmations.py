"""Questions to primaries: asked in the transaction of the held message, answered in the one of the answer, once.

Nothing of a question but its account and its end decides here: whose answer counts is `core/confirm.py`, whether the
message is then let in `authorize()`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.core.committed import Ask, Held, Record, Recorded, Said
from gateway.core.confirm import by
from gateway.core.confirmation import PER_DAY, Asking, Confirmation, State
from gateway.core.reason import Disposition, Reason
from gateway.core.times import moment, stamp
from gateway.store import archive, blobs, book, letters, quarantine
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.database import Outdated
from gateway.store.dialect import serialise
from gateway.store.prepared import Prepared

DAY = timedelta(days=1)
log = structlog.get_logger()

_c = t.confirmation.c
_by_reference = Prepared(
    select(t.confirmation, t.message.c.disposition)
    .join(t.message, t.message.c.id == _c.message_id)
    .where(_c.ref == bindparam("reference"))
)
_asked = Prepared(
    select(func.count()).where(_c.account_id == bindparam("account"), _c.made_at > bindparam("since")),
)
_open = Prepared(
    select(func.count())
    .select_from(t.confirmation.join(t.outbox, t.outbox.c.id == _c.outbox_id))
    .where(_c.account_id == bindparam("account"), _c.state == State.OPEN.value, _c.expires_at > bindparam("now"))
    .where(t.outbox.c.state != "cancelled")
)
_insert = Prepared(insert(t.confirmation))


def store(connection: Connection, record: Record, acknowledgements: letters.Limits) -> Recorded:
    """Write a message down, with the question that it raises, or what it does as the answer to one."""
    recorded = archive.store(connection, record, acknowledgements)
    if recorded.verdict.reason is Reason.DUPLICATE:  # the same again asks nothing and answers nothing
        return recorded
    if record.question is not None:
        _ask(connection, record.question, record.case.arrival.at)
    if record.answer is None:
        return recorded
    done = _answer(connection, record.answer, record.case.arrival.id, acknowledgements, record.case.arrival.at)
    return replace(recorded, answered=done)


def confirmation(connection: Connection, reference: str) -> Confirmation | None:
    """The question of this reference, with its account as it is now."""
    row = _by_reference.first(connection, {"reference": reference})
    account = book.by_id(connection, row.account_id) if row else None
    if row is None or account is None:
        return None
    return Confirmation(
        row.ref, row.message_id, account, State(row.state), moment(row.expires_at), Disposition(row.disposition)
    )


def held(connection: Connection, message_id: str) -> Held | None:
    """The message, if it is held still, and its bytes are there."""
    try:
        return quarantine.held(connection, message_id)
    except blobs.Damaged as fault:
        log.error("blob.damaged", why=str(fault), do="bring it back from a backup, then release the message by hand")  # noqa: TRY400 - the fault has no other words
        return None
    except (LookupError, ValueError):
        return None


def of_message(connection: Connection, message_id: str, now: datetime) -> dict[str, Any] | None:
    """The question about a message, as it is published."""
    row = connection.execute(select(t.confirmation).where(_c.message_id == message_id)).first()
    if row is None:
        return None
    expired = row.state == State.OPEN.value and row.expires_at <= stamp(now)
    state = State.EXPIRED.value if expired else row.state
    return {"state": state, "asked_at": row.made_at, "expires_at": row.expires_at, "outbox": row.outbox_id}


def _ask(connection: Connection, question: Ask, now: datetime) -> None:
    """Unless it would be one too many; nobody is counted like anybody (I10)."""
    account = question.reply.account_id
    serialise(connection, "questions", account)
    [asked] = _asked.scalars(connection, {"account": account, "since": stamp(now - DAY)})
    [unanswered] = _open.scalars(connection, {"account": account, "now": stamp(now)})
    if not account or asked >= PER_DAY or (unanswered and question.asking is not Asking.EACH):
        return
    letters.enqueue(connection, question.reply, None, now)
    _insert.run(
        connection,
        {
            "ref": question.reply.reference,
            "message_id": question.reply.about,
            "account_id": account,
            "outbox_id": question.reply.row,
            "state": State.OPEN.value,
            "made_at": stamp(now),
            "expires_at": stamp(question.expires),
            "answer_id": None,
        },
    )


def _answer(
    connection: Connection, answer: Said, answer_id: str, acknowledgements: letters.Limits, now: datetime
) -> bool:
    """Once: whoever closes the question does what the answer says, if the message is held for the same reason still.

    Raises Outdated where a person has judged it since the answer was examined, which may not be what it says.
    """
    asked = answer.confirmation
    still_open = (_c.ref == asked.reference) & (_c.state == State.OPEN.value) & (_c.expires_at > stamp(now))
    closing = update(t.confirmation).where(still_open).values(state=answer.said.value, answer_id=answer_id)
    account = book.by_id(connection, asked.account.id)
    if account is None or (account.primary.key, account.status) != (asked.account.primary.key, asked.account.status):
        return False  # changed while the message was decided again
    if not connection.execute(closing).rowcount:
        return False
    who = by(asked.account)
    note(connection, now, who, f"confirmation.{answer.said}", asked.message_id, f"by message {answer_id}")
    try:
        reason = quarantine.held_for(connection, asked.message_id)
    except (LookupError, ValueError) as judged:
        if asked.became is Disposition.QUARANTINE:
            raise Outdated(f"{asked.message_id} was judged while its answer was") from judged
        return True  # as the answer says
    if answer.said is State.DENIED:
        quarantine.reject(connection, asked.message_id, now=now, by=who)
    elif answer.release is not None and reason in answer.release[1].reasons:
        quarantine.release(connection, *answer.release, acknowledgements, now)
    return True
