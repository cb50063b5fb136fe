"""Finding mail by whatever somebody has of it: by an index where a word is an id, else newest first, for so long.

An id of ours is one message or one ticket. All other words are looked for in what the index of arrival times carries
(`tables.messages.SEARCHED`), in stretches that double backwards: so what is recent is found at once, and whoever runs
out of time has looked through everything since a day that is told. A Message-ID is whatever its sender wanted: it
answers alone only where it can be nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from unicodedata import normalize

from sqlalchemy import ColumnElement, Connection, String, cast, func, or_, select

from gateway.core.address import Address, fold_ascii
from gateway.core.reason import Reason
from gateway.core.reference import claims, normal_reference
from gateway.core.times import moment, stamp
from gateway.core.wanted import Wanted
from gateway.store import tables as t
from gateway.store.dialect import Like, Overdue, within

SECONDS = 5.0
"""So long is looked, all in all."""
ACCOUNTS = 200
"""So many accounts of a name are looked at."""
NAMED = 1_000
"""So many messages of one Message-ID, the newest."""
QUEUE_ID = 8
"""A word of so many characters, with a digit among them, may be a smarthost's id of a letter; "2.0.0" is none."""
ROW_AT = 26
"""Where in the token of a reverse-path the outbox row's id begins (`core/reference.py`)."""

Accents = Literal["NFC", "NFD"]
"""In one piece or in two; an address has the first alone (RFC 6532 §3.1)."""

_m = t.message.c
_FIRST_STRETCH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of messages, newest first, or the reference of one ticket. `stopped`: it was looked back to then only."""

    messages: tuple[str, ...] = ()
    ticket: str = ""
    more: bool = False
    stopped: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How it is looked for: at most `limit` messages, at most so many seconds.

    `hostname` is that of our own Message-IDs, `domains` those that mail is taken for.
    """

    now: datetime
    limit: int
    hostname: str
    domains: frozenset[str] = frozenset()
    seconds: float = SECONDS


def find(connection: Connection, wanted: Wanted, look: Look) -> Found:
    """Whatever the words name."""
    deadline = time.monotonic() + look.seconds
    try:
        with within(connection, look.seconds):
            for term in wanted.terms:
                if found := _ours(connection, term, look):
                    return found
            named = {term: _named(connection, term) for term in wanted.terms}
            if len(named) == 1 and wanted.since is None and not _means_more(connection, wanted.terms[0]):
                [ids] = named.values()
                if ids:
                    return _cut(ids, look.limit)
            conditions = [_condition(connection, term) | _m.id.in_(ids) for term, ids in named.items()]
    except Overdue:
        return Found(stopped=look.now)
    found = _search(connection, wanted, look, conditions, deadline)
    if found.messages or found.stopped:
        return found
    if any(term.rpartition("@")[2].lower() in look.domains for term in wanted.terms):
        to_us = (_is_for(term) for term in wanted.terms)
        conditions = [one | recipient for one, recipient in zip(conditions, to_us, strict=True)]
        return _search(connection, wanted, look, conditions, deadline)
    return _said(connection, wanted, look, deadline)


def _ours(connection: Connection, term: str, look: Look) -> Found | None:
    """By an id of ours that the word is: each look-up is one of an index."""
    local = term.rpartition("@")[0]
    detail = local.partition("+")[2]
    for claim in claims("", [term], [detail], look.hostname):
        if found := _letter(connection, claim.nonce) or _by_reference(connection, claim.reference, look.limit):
            return found
    reference = normal_reference(term.strip("[#]"))
    if reference and (found := _by_reference(connection, reference, look.limit)):
        return found
    if found := _letter(connection, term) or _letter(connection, detail[ROW_AT:]):
        return found
    by_id = connection.execute(select(_m.id).where(_m.id == term.upper())).scalar()
    return Found((by_id,)) if by_id else None


def _named(connection: Connection, term: str) -> list[str]:
    """Those with this Message-ID, newest first; what repeats one is told with it."""
    query = select(_m.id, _m.reason).where(_m.message_id == term).order_by(_m.received_at.desc(), _m.id.desc())
    rows = connection.execute(query.limit(NAMED)).all()
    return [row.id for row in rows if row.reason != Reason.DUPLICATE.value] or [row.id for row in rows]


def _means_more(connection: Connection, term: str) -> bool:
    """Whether what has the form of a Message-ID may be a part of one's address, or the whole of it."""
    local, _, domain = term.rpartition("@")
    if not local or not domain:
        return True
    try:
        key = Address.parse(term).key
    except ValueError:
        return False
    known = (select(_m.id).where(_m.author == key), select(t.address.c.key).where(t.address.c.key == key))
    return any(connection.execute(query.limit(1)).first() for query in known)


def _by_reference(connection: Connection, reference: str, limit: int) -> Found | None:
    """A ticket's; or of a question, or of messages that named in vain what is no ticket."""
    if connection.execute(select(t.ticket.c.id).where(t.ticket.c.ref == reference)).first():
        return Found(ticket=reference)
    question = select(t.confirmation.c.message_id).where(t.confirmation.c.ref == reference)
    if asked := connection.execute(question).scalar():
        return Found((asked,))
    named = select(t.attempt.c.message_id).where(t.attempt.c.ref == reference).order_by(t.attempt.c.id.desc())
    rows = connection.execute(named.limit(limit + 1)).scalars().all()
    return _cut(rows, limit) if rows else None


def _letter(connection: Connection, row: str) -> Found | None:
    """Of a letter of ours: its ticket, or the message that it asks about."""
    query = select(t.ticket.c.ref, t.confirmation.c.message_id).select_from(t.outbox)
    query = query.outerjoin(t.ticket, t.ticket.c.id == t.outbox.c.ticket_id)
    query = query.outerjoin(t.confirmation, t.confirmation.c.outbox_id == t.outbox.c.id)
    found = connection.execute(query.where(t.outbox.c.id == row.upper())).first() if row else None
    if found is None:
        return None
    return Found(ticket=found.ref) if found.ref else Found((found.message_id,)) if found.message_id else None


def _search(
    connection: Connection,
    wanted: Wanted,
    look: Look,
    conditions: Sequence[ColumnElement[bool]],
    deadline: float,
) -> Found:
    """Newest first, stretch by stretch."""
    first = connection.execute(select(func.min(_m.received_at))).scalar()
    if first is None:
        return Found()
    query = select(_m.id).where(*conditions).order_by(_m.received_at.desc(), _m.id.desc())
    ids: list[str] = []
    for begin, end in _stretches(max(wanted.since or moment(first), moment(first)), wanted.before, look.now):
        part = query.where(_m.received_at >= stamp(begin)).limit(look.limit + 1 - len(ids))
        part = part.where(_m.received_at < stamp(end)) if end else part
        try:
            with within(connection, deadline - time.monotonic()):
                ids += connection.execute(part).scalars().all()
        except Overdue:
            return Found(tuple(ids[: look.limit]), stopped=end or look.now)
        if len(ids) > look.limit:
            break
    return _cut(ids, look.limit)


def _stretches(since: datetime, before: datetime | None, now: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """From the end to the beginning, each twice as long as the one before; the first has no end where none is said."""
    end, stretch = before, _FIRST_STRETCH
    while end is None or end > since:
        begin = max((end or now) - stretch, since)
        yield begin, end
        if begin == since:
            return
        end, stretch = begin, stretch * 2


def _condition(connection: Connection, term: str) -> ColumnElement[bool]:
    """Whether a message is by, of, or about this."""
    try:
        key = Address.parse(term).key
    except ValueError:
        return _word(connection, term)
    of = select(t.address.c.account_id).where(t.address.c.key == key)
    of_primary, of_another = of.where(t.address.c.is_primary), of.where(~t.address.c.is_primary)
    answered = select(t.outbox.c.ticket_id).where(
        t.outbox.c.account_id.in_(of_another),  # which was the primary when the letter went
        Like(t.outbox.c.recipient, _escaped(term)),
    )
    return or_(
        _m.author == key,
        _m.account_id.in_(of_primary),
        _m.ticket_id.in_(answered),
        Like(_m.reverse_path, _escaped(term)),
    )


def _is_for(term: str) -> ColumnElement[bool]:
    """Among the forward-paths, which no index has."""
    return Like(cast(_m.forward_paths, String), f"%{_escaped(term)}%")


def _said(connection: Connection, wanted: Wanted, look: Look, deadline: float) -> Found:
    """Of the letter that the smarthost took under this id, newest first; no index has its words."""
    if len(wanted.terms) != 1 or len(term := wanted.terms[0]) < QUEUE_ID or not any(map(str.isdecimal, term)):
        return Found()
    d = t.delivery.c
    query = select(d.outbox_id).where(d.message_id.is_(None), Like(d.status, f"%{_escaped(term)}%"))
    try:
        with within(connection, deadline - time.monotonic()):
            row = connection.execute(query.order_by(d.id.desc()).limit(1)).scalar()
    except Overdue:
        return Found(stopped=look.now)
    return (_letter(connection, row) if row else None) or Found()


def _word(connection: Connection, term: str) -> ColumnElement[bool]:
    """A code is that account; any other word stands in a subject, an author or an account's name."""
    by_code = connection.execute(select(t.account.c.id).where(t.account.c.code.in_((term, term.upper())))).scalar()
    if by_code is not None:
        return _m.account_id.in_((by_code,))
    accounts = select(t.account.c.id).where(_has(t.account.c.code, term) | _has(t.account.c.name, term))
    of_account = _m.account_id.in_(accounts.limit(ACCOUNTS))
    return or_(_has(_m.subject, term), _has(_m.author, term, "NFC"), _m.queue_id == term, of_account)


def _has(column: ColumnElement[str], term: str, *accents: Accents) -> ColumnElement[bool]:
    """Whatever the case: of what is not ASCII, in the forms that a person writes, accents in one piece or in two."""
    cases = {term} if term.isascii() else {term, term.lower(), term.upper(), term.capitalize()}
    forms = {fold_ascii(normalize(accent, case)) for case in cases for accent in accents or ("NFC", "NFD")}
    return or_(*(Like(column, f"%{_escaped(form)}%") for form in sorted(forms)))


def _escaped(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _cut(ids: Sequence[str], limit: int) -> Found:
    return Found(tuple(ids[:limit]), more=len(ids) > limit)
