"""Erasure of what is held of a customer (GDPR Art. 17): emptied, not torn out, so that what is counted stays.

All in one transaction of the caller's: rolled back, its report says what would be. It may be run again, and finds what
came in between. Rows that are counted or referred to stay without what tells of a person: of their columns only those
in `STAYS`, so one that is added later goes until somebody says otherwise. Decision 0029.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    case,
    cast,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    update,
)

from gateway.core.account import Standing
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import Kept
from gateway.core.ticket import Status
from gateway.core.times import stamp
from gateway.store import audit, contents, deliveries, likeness
from gateway.store import tables as t
from gateway.store.blanking import blank
from gateway.store.dialect import Contains, elements, member

ACT = "account.erase"
LISTED = 100
"""So many messages that stay are named; the rest are counted."""
GONE = "(erased)"
"""Stands in others' traces where an address stood."""

STAYS: dict[Table, frozenset[str]] = {
    t.account: frozenset({"id", "code", "language", "status", "source"}),
    t.ticket: frozenset(
        {"id", "ref", "account_id", "queue", "status", "priority", "tags", "opened_at", "updated_at", "assignee"}
    ),
    t.message: frozenset(
        {"id", "received_at", "day", "ingress", "position", "trusted_ids", "size", "sha256", "account_id"}
        | {"disposition", "reason", "rule", "policy", "ticket_id", "overrides"}
    ),
    t.entry: frozenset({"id", "ticket_id", "at", "kind", "by", "message_id", "outbox_id", "folded"}),
    t.outbox: frozenset(
        {"id", "account_id", "ticket_id", "kind", "created_at", "state", "attempts", "message_id", "failure"}
    ),
}
"""Of rows that stay, the columns that do: moments, counts, references among our own rows, and who of staff acted."""
GOES = frozenset({t.address, t.likeness, t.service, t.raw, t.content, t.audit_text, t.delivery})
"""Rows that go."""
UNTOUCHED = frozenset(
    {
        t.audit,
        t.blob,
        t.attempt,
        t.confirmation,
        t.keyring,
        t.tally,
        t.rate,
        t.folder,
        t.mail,
        t.seen,
        t.node,
        t.lease,
        t.source,
    }
)
"""What tells of nobody: ids, numbers, moments, and digests of whole messages or of what they count under."""

_m = t.message.c


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, or would go. `elsewhere` are messages by its addresses that are another account's, or may be."""

    code: str
    addresses: int
    services: int
    messages: int
    octets: int
    tickets: int
    entries: int
    letters: int
    attachments: int
    mentions: int
    details: int
    elsewhere: int
    listed: tuple[str, ...]

    def __str__(self) -> str:
        names = ("addresses", "services", "messages", "octets", "tickets", "entries", "letters", "attachments")
        return ", ".join(f"{getattr(self, name)} {name}" for name in names)


def erase(connection: Connection, code: str, *, now: datetime, by: str) -> Erased:
    """Close the account and empty what is about it. Raises LookupError."""
    account = connection.execute(select(t.account.c.id).where(t.account.c.code == code)).scalar()
    if account is None:
        raise LookupError(f"no account {code}; `gateway accounts list` names them")
    addresses = connection.execute(select(t.address).where(t.address.c.account_id == account)).all()
    keys = {row.key for row in addresses}
    own = sorted(keys - _also_on_others(connection, account, keys))
    doomed = _doomed(account, own)
    elsewhere = _elsewhere(connection, account, sorted(keys), own)
    names = sorted({name for row in addresses if row.key in own for name in (row.key, row.text)})

    tickets = or_(
        t.ticket.c.account_id == account,
        and_(t.ticket.c.account_id.is_(None), t.ticket.c.id.in_(select(_m.ticket_id).where(doomed))),
    )
    of_tickets = t.entry.c.ticket_id.in_(select(t.ticket.c.id).where(tickets))
    author = case((t.entry.c.kind == "in", ""), else_=t.entry.c.by)
    entries = connection.execute(update(t.entry).where(of_tickets).values({**_blank(t.entry), "by": author})).rowcount
    letters = _blank_letters(connection, account)
    kept = select(func.sum(_m.size)).where(doomed, _m.id.in_(select(t.raw.c.message_id)))
    octets = connection.execute(kept).scalar() or 0
    connection.execute(delete(t.raw).where(_raw_of(doomed)))  # I12 ends here
    emptied = {**_blank(t.ticket), "status": Status.CLOSED.value, "updated_at": stamp(now), "blanked_at": stamp(now)}
    counted = connection.execute(update(t.ticket).where(tickets).values(emptied)).rowcount
    erased = Erased(
        code=code,
        addresses=len(addresses),
        services=connection.execute(delete(t.service).where(t.service.c.account_id == account)).rowcount,
        messages=_blank_messages(connection, doomed),
        octets=octets,
        tickets=counted,
        entries=entries,
        letters=letters,
        attachments=contents.drop_unused(connection),
        mentions=_blank_mentions(connection, names),
        details=audit.erase(connection, _told(connection, code, names), now=now, by=by, subject=code),
        elsewhere=len(elsewhere),
        listed=tuple(elsewhere[:LISTED]),
    )
    connection.execute(delete(t.address).where(t.address.c.account_id == account))
    likeness.forget(connection, {row.face for row in addresses})
    closed = {**_blank(t.account), "status": Standing.CLOSED.value}
    connection.execute(update(t.account).where(t.account.c.id == account).values(closed))
    audit.note(connection, now, by, ACT, code, str(erased))
    return erased


def _blank(table: Table) -> dict[str, Any]:
    return blank(table, STAYS[table])


def _also_on_others(connection: Connection, account: int, keys: set[str]) -> set[str]:
    query = select(t.address.c.key).where(t.address.c.key.in_(keys), t.address.c.account_id != account)
    return set(connection.execute(query).scalars())


def _doomed(account: int, own: Sequence[str]) -> ColumnElement[bool]:
    """What is the account's, what its own addresses wrote and nobody was found for, and reports about its letters."""
    letters = select(t.outbox.c.id).where(t.outbox.c.account_id == account)
    return or_(
        _m.account_id == account,
        and_(_m.account_id.is_(None), _by(own)),
        and_(_m.reason == Reason.DELIVERY_REPORT.value, member(_m.report, "outbox").in_(letters)),
    )


def _by(names: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of these wrote it; or sent it, where it has no author. By the index of authors both."""
    return or_(_m.author.in_(names), and_(_m.author.is_(None), func.lower(_m.reverse_path).in_(names)))


def _elsewhere(connection: Connection, account: int, keys: Sequence[str], own: Sequence[str]) -> Sequence[str]:
    """By an address that others have too and nobody's, or in another account's history: not this account's to erase."""
    maybe = and_(_m.account_id.is_(None), ~func.coalesce(_by(own), false()))
    query = select(_m.id).where(_by(keys), or_(_m.account_id != account, maybe))
    return connection.execute(query.order_by(_m.received_at, _m.id)).scalars().all()


def _raw_of(doomed: ColumnElement[bool]) -> ColumnElement[bool]:
    return t.raw.c.message_id.in_(select(_m.id).where(doomed))


def _blank_messages(connection: Connection, doomed: ColumnElement[bool]) -> int:
    """What was held cannot be judged any more: it is discarded, and the balance stays level (I11)."""
    held = _m.disposition == Disposition.QUARANTINE.value
    ended = {
        "kept": Kept.COUNT.value,
        "disposition": case((held, Disposition.DISCARD.value), else_=_m.disposition),
        "rule": case((held, "erased"), else_=_m.rule),
    }
    return connection.execute(update(t.message).where(doomed).values({**_blank(t.message), **ended})).rowcount


def _blank_letters(connection: Connection, account: int) -> int:
    """What waits is never sent. One in flight may still be: `letters.settle()` then writes down no address."""
    deliveries.forget(connection, select(t.outbox.c.id).where(t.outbox.c.account_id == account))
    waits = t.outbox.c.state.in_(("due", "deferred"))
    values = {**_blank(t.outbox), "state": case((waits, "cancelled"), else_=t.outbox.c.state)}
    return connection.execute(update(t.outbox).where(t.outbox.c.account_id == account).values(values)).rowcount


def _blank_mentions(connection: Connection, names: Sequence[str]) -> int:
    """Beside others' mail: what we ourselves wrote about its addresses, as whom one resembles, and who sent it."""
    pattern, count = _pattern(names), 0
    columns = (_m.trace, _m.detail, _m.reverse_path)
    found = connection.execute(select(_m.id, *columns).where(_names_one(names, *columns))).all()
    for row in found:
        trace = [[pattern.sub(GONE, word) for word in station] for station in row.trace]
        sender = None if pattern.search(row.reverse_path or "") else row.reverse_path
        words = {"trace": trace, "detail": pattern.sub(GONE, row.detail), "reverse_path": sender}
        if words != {"trace": row.trace, "detail": row.detail, "reverse_path": row.reverse_path}:
            connection.execute(update(t.message).where(_m.id == row.id).values(words))
            count += 1
    return count


def _told(connection: Connection, code: str, names: Sequence[str]) -> Sequence[int]:
    """The acts whose words are about the account, or name an address of it."""
    about = and_(t.audit.c.subject == code, t.audit.c.action.not_in((ACT, audit.ERASED)))
    query = select(t.audit.c.id, about.label("about"), t.audit_text.c.detail).join(t.audit_text)
    pattern = _pattern(names)
    found = connection.execute(query.where(or_(about, _names_one(names, t.audit_text.c.detail))))
    return [row.id for row in found if row.about or pattern.search(row.detail)]


def _names_one(names: Sequence[str], *columns: Column[Any]) -> ColumnElement[bool]:
    """Whether one of the columns may name one: it has the domain of one. An account has few, and many addresses."""
    domains = [{"domain": one} for one in sorted({f"@{name.rpartition('@')[2]}" for name in names})]
    each = elements(literal(domains, JSON))
    domain = member(each.c.value, "domain")
    found = (Contains(func.lower(cast(column, String)), domain) > 0 for column in columns)
    return select(domain).select_from(each).where(or_(*found)).exists()


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """The names as whole addresses: `info@rossi.example` is not in `x.info@rossi.example`."""
    words = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)"
    return re.compile(rf"(?<![\w.+-])(?:{words})(?![\w-]|\.\w)", re.IGNORECASE)
