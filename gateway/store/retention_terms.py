"""What retention may take: its terms as conditions on rows, and how much they would take now."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy import text as sql

from gateway.core.reason import Disposition
from gateway.core.retention import BY_AGE, Kept, Retention, Swept
from gateway.core.ticket import Status
from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.dialect import elements, member

Condition = ColumnElement[bool]

_m = t.message.c
held = _m.disposition == Disposition.QUARANTINE.value
free = ~(  # R9: a ticket that is not closed keeps all that was said in it
    select(t.ticket.c.id).where(t.ticket.c.id == _m.ticket_id, t.ticket.c.status != Status.CLOSED.value).exists()
)
waiting = select(t.outbox.c.id).where(t.outbox.c.ticket_id == t.ticket.c.id, t.outbox.c.next_attempt_at.is_not(None))
_each = elements(t.entry.c.attachments)
alone = (  # attachments of before contents were kept stand in the message alone
    select(t.entry.c.id)
    .select_from(t.entry.join(_each, sql("true")))
    .where(t.entry.c.ticket_id == _m.ticket_id, t.entry.c.message_id == _m.id)
    .where(member(_each.c.value, "sha256").not_in(select(t.content.c.sha256)))
    .exists()
)


def old(kept: Kept, disposition: Disposition, now: datetime, period: timedelta) -> Condition:
    """Messages of an age, in the order of their index."""
    return and_(_m.kept == kept.value, _m.disposition == disposition.value, _m.received_at < stamp(now - period))


def expired(now: datetime) -> Condition:
    """What is held no longer."""
    return and_(held, _m.expires_at <= stamp(now))


def strippable(retention: Retention, now: datetime, disposition: Disposition) -> Condition | None:
    """Messages whose octets go."""
    period = retention.octets.get(disposition)
    return None if period is None else and_(old(Kept.WHOLE, disposition, now, period), free, ~alone)


def closed(retention: Retention, now: datetime) -> Condition | None:
    """Tickets of which goes what was said; but for those with letters that wait."""
    if retention.tickets is None:
        return None
    return and_(sql(t.TO_BLANK), t.ticket.c.updated_at < stamp(now - retention.tickets))


def due(connection: Connection, retention: Retention, now: datetime) -> Swept:
    """What a run would take away now; of attachments nothing is known before."""
    counted = (func.count(), func.coalesce(func.sum(_m.size), 0))
    number, octets = connection.execute(select(*counted).where(expired(now))).one()
    swept = Swept(expired=number, octets=octets)
    stripped = [one for each in BY_AGE if (one := strippable(retention, now, each)) is not None]
    if stripped:
        number, octets = connection.execute(select(*counted).where(or_(*stripped))).one()
        swept += Swept(stripped=number, octets=octets)
    if (over := closed(retention, now)) is not None:
        tickets = select(func.count()).select_from(t.ticket).where(over, ~waiting.exists())
        swept += Swept(tickets=connection.execute(tickets).scalar_one())
    if retention.records is not None:  # without octets by then: at the end of the same run
        bare = or_(and_(_m.kept == Kept.RECORD.value, ~held), expired(now), *stripped)
        records = select(func.count()).select_from(t.message)
        records = records.where(bare, _m.received_at < stamp(now - retention.records), free)
        swept += Swept(records=connection.execute(records).scalar_one())
    return swept
