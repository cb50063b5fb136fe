"""The one transaction of a message: its bytes, its verdict, its ticket and entry, and what is to be said about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from gateway.core.arrival import Arrival, Envelope
from gateway.core.case import Case
from gateway.core.committed import Opening, Record, Recorded
from gateway.core.flood import counting, ignored
from gateway.core.hop import queue_id
from gateway.core.message import Attachment, Body, DeliveryReport, Message
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import Kept
from gateway.core.rule import Priority
from gateway.core.times import stamp
from gateway.core.verdict import Refuse, Verdict
from gateway.store import attempts, blobs, contents, counts, letters, mailboxes, rates
from gateway.store import tables as t
from gateway.store.counts import Count
from gateway.store.logos import fold
from gateway.store.premises import dedup_key, look, whose
from gateway.store.prepared import Prepared

ATTACHMENT = tuple(one.name for one in fields(Attachment) if one.name != "leaf")
"""What is published of one."""

_insert_message = Prepared(insert(t.message))
_insert_raw = Prepared(insert(t.raw))
_insert_entry = Prepared(insert(t.entry))
_insert_ticket = Prepared(insert(t.ticket).returning(t.ticket.c.id))
TALLY = Count(t.tally, "received")
_reopen = Prepared(
    update(t.ticket).where(t.ticket.c.id == bindparam("ticket")).values(updated_at=bindparam("now"), status="open")
)


def store(connection: Connection, record: Record, acknowledgements: letters.Limits) -> Recorded:
    """Write one message down for the first time (I3, I4, I11, I12)."""
    arrival = record.case.arrival
    counts.add(connection, TALLY, arrival.origin.ingress, stamp(arrival.at)[:10])

    def write(verdict: Verdict, ticket_id: int | None, dedup: str | None) -> None:
        row = {**_arrival(arrival), **facts(record, verdict, arrival.at), "dedup": dedup, "ticket_id": ticket_id}
        _insert_message.run(connection, row)
        outside = blobs.claim(connection, row["sha256"], row["size"], record.outside)
        octets = {"octets": None, "blob": row["sha256"]} if outside else {"octets": arrival.raw, "blob": None}
        _insert_raw.run(connection, {"message_id": arrival.id, **octets})

    recorded = settle(connection, record, write, acknowledgements=acknowledgements, now=arrival.at)
    if recorded.verdict.reason is not Reason.DUPLICATE:  # the same mail again is no more mail
        rates.count(connection, counting(record.case, recorded.verdict), arrival.at)
    if arrival.place is not None:
        mailboxes.take(connection, arrival.place, arrival.id)
    return recorded


def settle(
    connection: Connection,
    record: Record,
    write: Callable[[Verdict, int | None, str | None], None],
    *,
    acknowledgements: letters.Limits,
    now: datetime,
) -> Recorded:
    """Find out whether this is a duplicate, file what is accepted, and `write` the message's row. Raises Outdated."""
    arrival, verdict = record.case.arrival, record.verdict
    dedup = dedup_key(record)
    first = look(connection, record, dedup)
    if first is not None:
        verdict = Refuse(Disposition.DISCARD, Reason.DUPLICATE, "built-in", f"the same as {first.id}")
        write(verdict, first.ticket_id, None)
        return Recorded(verdict, first.ref)
    opening = record.opening
    ticket_id = _file(connection, opening, now) if opening else None
    write(verdict, ticket_id, None if ignored(verdict) else dedup)  # what nobody sees suppresses nothing (I4)
    attempts.settle(connection, record)
    turned, letter = None, ""
    if isinstance(record.case.parsed, DeliveryReport) and record.case.bounced:
        turned = letters.bounced(connection, record.case.bounced, record.case.parsed.report, arrival.id, now)
    if opening is not None and ticket_id is not None:
        contents.keep(connection, opening.message.body, record.outside)
        _insert_entry.run(connection, _entry(connection, arrival, opening, ticket_id))
        letter = letters.acknowledge(connection, opening, ticket_id, now, acknowledgements)
    return Recorded(verdict, opening.reference if opening else None, turned, letter=letter)


def facts(record: Record, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """The columns that the verdict fills."""
    parsed, account = record.case.parsed, whose(record, verdict)
    return {
        "author": parsed.author.key if isinstance(parsed, Message) else None,
        "subject": parsed.header.subject,
        "message_id": parsed.header.message_id,
        "account_id": account.id if account else None,
        "disposition": verdict.disposition.value,
        "reason": verdict.reason.value,
        "rule": verdict.rule,
        "policy": record.policy,
        "expires_at": _expiry(record, verdict, now),
        "held_for": verdict.hold.audience if isinstance(verdict, Refuse) else "",
        "facts": record.facts.record() if record.facts else None,
        "detail": verdict.detail,
        "evidence": evidence_record(record.case),
        "trace": [list(station) for station in record.trace],
        "report": asdict(parsed.report) | {"outbox": record.case.bounced}
        if isinstance(parsed, DeliveryReport)
        else None,
    }


def _expiry(record: Record, verdict: Verdict, now: datetime) -> str | None:
    held = verdict.disposition is Disposition.QUARANTINE  # a duplicate is found only here, and is not held
    return stamp(now + record.keep) if held and record.keep is not None else None


def evidence_record(case: Case) -> dict[str, Any]:
    """The published form of the evidence."""
    evidence = case.evidence

    def pair(result: Any) -> dict[str, str] | None:
        return {"result": result.result, "domain": result.domain} if result else None

    return {
        "source": evidence.source.value,
        "assurance": evidence.assurance.value,
        "spf": pair(evidence.spf),
        "dkim": [{"result": one.result, "domain": one.domain, "selector": one.selector} for one in evidence.dkim],
        "dmarc": pair(evidence.dmarc),
        "detail": evidence.detail,
    }


def body_record(body: Body) -> dict[str, Any]:
    """The columns that a body fills in an entry."""
    return {
        "text": body.text,
        "quoted": body.quoted,
        "signature": body.signature,
        "attachments": [{name: getattr(one, name) for name in ATTACHMENT} for one in body.attachments],
    }


def _arrival(arrival: Arrival) -> dict[str, Any]:
    envelope = arrival.envelope
    received_at = stamp(arrival.at)
    return {
        "id": arrival.id,
        "received_at": received_at,
        "day": received_at[:10],
        "ingress": arrival.origin.ingress,
        "position": arrival.origin.position.value,
        "peer": arrival.origin.peer,
        "trusted_ids": sorted(arrival.origin.trusted_ids),
        "inside": list(arrival.origin.inside),
        "reverse_path": _reverse_path(envelope),
        "forward_paths": list(envelope.forward_paths) if envelope else [],
        "size": len(arrival.raw),
        "sha256": hashlib.sha256(arrival.raw).hexdigest(),
        "overrides": [],
        "kept": Kept.WHOLE.value,
        "queue_id": queue_id(arrival.raw),
    }


def _reverse_path(envelope: Envelope | None) -> str | None:
    """As published: "" for `<>`, null where nobody said."""
    if envelope is None or envelope.reverse_path == "":
        return None
    return envelope.reverse_path or ""


def _file(connection: Connection, opening: Opening, now: datetime) -> int:
    """Append to the ticket, which reopens it unless a program wrote, or open a new one."""
    if (ticket := opening.accept.ticket) is not None:
        if not opening.accept.folded:
            _reopen.run(connection, {"ticket": ticket.id, "now": stamp(now)})
        return ticket.id
    [opened] = _insert_ticket.scalars(
        connection,
        {
            "ref": opening.reference,
            "account_id": opening.accept.account.id if opening.accept.account else None,
            "service": opening.accept.service.name if opening.accept.service else None,
            "queue": opening.route.queue,
            "assignee": opening.route.assignee or None,
            "tags": list(opening.route.tags),
            "priority": (opening.route.priority or Priority.NORMAL).value,
            "status": "open",
            "subject": opening.subject,
            "opened_at": stamp(now),
            "updated_at": stamp(now),
        },
    )
    return int(opened)


def _entry(connection: Connection, arrival: Arrival, opening: Opening, ticket_id: int) -> dict[str, Any]:
    account, body = opening.accept.account, opening.message.body
    if account is not None:
        body = fold(connection, body, account.id)
    return {
        "ticket_id": ticket_id,
        "at": stamp(arrival.at),
        "kind": "in",
        "by": opening.accept.author.key,
        "message_id": arrival.id,
        "folded": opening.accept.folded,
        **body_record(body),
    }
