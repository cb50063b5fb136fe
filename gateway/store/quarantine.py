"""The held messages: released through the same door as any, rejected, or purged; each act written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from gateway.core.arrival import Arrival, Envelope, Origin, Path, Position
from gateway.core.case import Override
from gateway.core.committed import Held, Record, Recorded
from gateway.core.reason import Disposition, Reason
from gateway.core.times import moment
from gateway.core.verdict import Verdict
from gateway.store import archive, ledger, letters, questions, retention
from gateway.store import tables as t
from gateway.store.audit import note

PURGED, REJECTED = "purged", "rejected by "
"""The rule of what was held and is no more; behind the second stands by whom."""


def held(connection: Connection, message_id: str) -> Held:
    """The held message. Raises LookupError, Unavailable, and ValueError for one that is not held."""
    row = _row(connection, message_id)
    envelope = None
    if row.reverse_path is not None or row.forward_paths:
        reverse_path = {None: Path(""), "": None}.get(row.reverse_path, row.reverse_path)
        envelope = Envelope(reverse_path, tuple(Path(path) for path in row.forward_paths))
    arrival = Arrival(
        id=row.id,
        raw=ledger.octets(connection, message_id),
        envelope=envelope,
        origin=Origin(row.ingress, Position(row.position), row.peer, frozenset(row.trusted_ids), tuple(row.inside)),
        at=moment(row.received_at),
    )
    return Held(arrival, Reason(row.reason), frozenset(Reason(one) for one in row.overrides))


def held_for(connection: Connection, message_id: str) -> Reason:
    """Why it is held; its bytes are not looked at. Raises LookupError, and ValueError for one that is not held."""
    return Reason(_row(connection, message_id).reason)


def _row(connection: Connection, message_id: str) -> Row[Any]:
    row = connection.execute(select(t.message).where(t.message.c.id == message_id)).first()
    if row is None:
        raise LookupError(f"no message {message_id}; `gateway quarantine list` names those held")
    if row.disposition != Disposition.QUARANTINE.value:
        raise ValueError(f"{message_id} is not held: its disposition is {row.disposition} ({row.reason})")
    return row


def release(
    connection: Connection,
    record: Record,
    override: Override,
    acknowledgements: letters.Limits,
    now: datetime,
) -> Recorded:
    """Write down what was decided again. Raises LookupError, ValueError where it is no longer held."""
    held_for(connection, record.case.arrival.id)
    message = t.message.c.id == record.case.arrival.id

    def write(verdict: Verdict, ticket_id: int | None, dedup: str | None) -> None:
        columns = archive.facts(record, verdict, now) | {
            "ticket_id": ticket_id,
            "dedup": dedup,
            "overrides": sorted(override.reasons),
        }
        connection.execute(update(t.message).where(message).values(columns))

    recorded = archive.settle(connection, record, write, acknowledgements=acknowledgements, now=now)
    if recorded.verdict.disposition is not Disposition.QUARANTINE:
        questions.withdraw(connection, [record.case.arrival.id])
    waived = override.told + (f" for {override.account}" if override.account else "")
    outcome = f"{recorded.verdict.disposition} ({recorded.verdict.reason})"
    note(connection, now, override.by, "quarantine.release", record.case.arrival.id, f"{waived}: {outcome}")
    return recorded


def reject(connection: Connection, message_id: str, *, now: datetime, by: str) -> None:
    """Refuse a held message for good; nobody is told (I5). Raises LookupError, ValueError."""
    reason = held_for(connection, message_id)
    connection.execute(
        update(t.message)
        .where(t.message.c.id == message_id)
        .values(disposition=Disposition.REJECT.value, rule=f"{REJECTED}{by}", dedup=None, expires_at=None),
    )
    questions.withdraw(connection, [message_id])
    note(connection, now, by, "quarantine.reject", message_id, reason)


def let_go_later(rule: str) -> bool:
    """Whether a message with this rule was held before; its policy said so, and its reason is still the one."""
    return rule in {PURGED, retention.EXPIRED} or rule.startswith(REJECTED)


def purge(connection: Connection, ids: Sequence[str], *, now: datetime, by: str) -> int:
    """Discard these, if they are still held, their bytes with them. Returns how many."""
    purged = retention.let_go(connection, ids, PURGED)
    if purged:
        note(connection, now, by, "quarantine.purge", f"{purged} messages", f"from {ids[0]} to {ids[-1]}")
    return purged
