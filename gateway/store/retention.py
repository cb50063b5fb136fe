"""Retention carried out: in pieces, each a transaction so short that mail which comes in meanwhile need not wait.

No row goes. What is open, held without an end, or younger is not touched; what goes is written down in the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import accumulate, takewhile
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, null, select, text, tuple_, update

from gateway.core.reason import Disposition, Reason
from gateway.core.retention import BY_AGE, Kept, Retention, Swept
from gateway.core.times import stamp
from gateway.store import contents, deliveries, questions
from gateway.store import retention_terms as terms
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.blanking import blank
from gateway.store.dialect import alone

BATCH = 50
"""Messages in a piece of work,"""
OCTETS = 8 * 2**20
"""or so many octets, but for one that is larger;"""
ENTRIES = 500
"""and of tickets so many entries, but for one that has more."""
EXPIRED = "expired"
"""The rule of what was held until its end."""

STAYS = frozenset(
    {"id", "received_at", "day", "ingress", "position", "size", "sha256", "account_id", "ticket_id"}
    | {"disposition", "reason", "rule", "policy", "dedup", "kept", "held_for"}
)
"""Of a message, for good: what the balance, repetitions and tickets need. All other columns tell of people, and go."""

Place = tuple[str, Any]
Gone = tuple[Place | None, Swept]
"""Where to go on, or None at the end; and what went."""
_START: Place = ("", "")
_m = t.message.c


_BLANK_MESSAGE = blank(t.message, STAYS)
_BLANK_ENTRY: dict[str, Any] = {"by": "", "text": "", "quoted": "", "signature": "", "attachments": []}
_BLANK_LETTER: dict[str, Any] = {"subject": "", "text": "", "in_reply_to": [], "status": ""}
_BLANK_LETTER |= {"recipient": null(), "message_id": null()}


@dataclass(frozen=True, slots=True)
class Done:
    """What a piece came to; after the last one, up to which entry what is attached may be looked for."""

    place: Place | None
    swept: Swept
    horizon: int = 0


_entries = select(func.count()).where(t.entry.c.ticket_id == t.ticket.c.id).scalar_subquery()


class Sweep:
    """One run: a piece of work with each call; then `look()`, the pieces that it found, and `end()`.

    A piece may be undone and called again: only by `took()`, after its commit, does the run go on.
    """

    def __init__(self, retention: Retention, now: datetime, by: str) -> None:
        self.swept = Swept()
        self._now = now
        self._by = by
        self._tickets_go = retention.tickets is not None
        self._stages = _stages(retention, now)
        self._stage = next(self._stages, None)
        self._place = _START
        self._horizon = 0

    def __call__(self, connection: Connection) -> Done:
        """One piece, in a transaction of its caller's."""
        alone(connection)
        if self._stage is None:
            return Done(None, Swept(), contents.horizon(connection))
        place, took = self._stage(connection, self._place)
        if took and not self.swept:  # in the transaction of the first loss, so that none goes untold
            note(connection, self._now, self._by, "retention.begin", "messages", f"as of {stamp(self._now)}")
        return Done(place, took)

    def took(self, done: Done) -> bool:
        """The piece is committed; whether there is more."""
        if self._stage is None:
            self._horizon = done.horizon
            return False
        self.swept += done.swept
        self._place = done.place or _START
        if done.place is None:
            self._stage = next(self._stages, None)
        return True

    def look(self, connection: Connection) -> None:
        """What the entries that went had attached: looked for without writing."""
        if self._tickets_go:
            self._stage = partial(_drop_contents, contents.unused(connection), self._horizon)

    def end(self, connection: Connection) -> None:
        """Write down what it came to."""
        if self.swept:
            note(connection, self._now, self._by, "retention.end", "messages", str(self.swept))


def let_go(connection: Connection, ids: Sequence[str], rule: str) -> int:
    """Discard held messages, their bytes with them; what is no longer held stays. Returns how many."""
    held = list(connection.execute(select(_m.id).where(_m.id.in_(ids), terms.held)).scalars())
    _strip(connection, held)
    values = {"disposition": Disposition.DISCARD.value, "rule": rule, "dedup": None, "expires_at": None}
    connection.execute(update(t.message).where(_m.id.in_(held)).values(values))
    questions.withdraw(connection, held)
    return len(held)


def _stages(retention: Retention, now: datetime) -> Iterator[Callable[[Connection, Place], Gone]]:
    if any(one is not None for one in (retention.held, *retention.reasons.values())):
        yield partial(_give_an_end, retention, now)
    yield partial(_expire, now)
    for disposition in BY_AGE:
        if (period := retention.octets.get(disposition)) is not None:
            whole = terms.old(Kept.WHOLE, disposition, now, period)
            yield partial(_strip_old, whole, and_(terms.free, ~terms.alone))
    if (closed := terms.closed(retention, now)) is not None:
        yield partial(_blank_tickets, closed, now)
    for disposition in BY_AGE:
        if retention.records is not None:
            yield partial(_blank_records, terms.old(Kept.RECORD, disposition, now, retention.records))


def _give_an_end(retention: Retention, now: datetime, connection: Connection, after: Place) -> Gone:
    """What was held before a policy said for how long has that long from now on."""
    rows = _page(connection, select(_m.received_at, _m.id, _m.reason).where(text(t.WITHOUT_END)), after)
    for row in rows:
        if (period := retention.of_held(Reason(row.reason))) is not None:
            connection.execute(update(t.message).where(_m.id == row.id).values(expires_at=stamp(now + period)))
    return _next(rows), Swept()


def _expire(now: datetime, connection: Connection, _after: Place) -> Gone:
    query = select(_m.expires_at, _m.id, _m.size).where(terms.expired(now)).order_by(_m.expires_at)
    rows = _light(connection.execute(query.limit(BATCH)).all(), "size", OCTETS)
    number = let_go(connection, [row.id for row in rows], EXPIRED)
    return _next(rows), Swept(expired=number, octets=sum(row.size for row in rows))


def _strip_old(old: terms.Condition, going: terms.Condition, connection: Connection, after: Place) -> Gone:
    rows = _light(_page(connection, select(_m.received_at, _m.id, _m.size).where(old), after), "size", OCTETS)
    found = connection.execute(select(_m.id, _m.size).where(_m.id.in_([row.id for row in rows]), going)).all()
    _strip(connection, [row.id for row in found])
    return _next(rows), Swept(stripped=len(found), octets=sum(row.size for row in found))


def _strip(connection: Connection, ids: Sequence[str]) -> None:
    connection.execute(delete(t.raw).where(t.raw.c.message_id.in_(ids)))  # I12 ends here
    connection.execute(update(t.message).where(_m.id.in_(ids)).values(kept=Kept.RECORD.value))


def _blank_tickets(closed: terms.Condition, now: datetime, connection: Connection, after: Place) -> Gone:
    """What was said in a closed ticket, on both sides; its entries stay as a list of moments (R9)."""
    at, key = t.ticket.c.updated_at, t.ticket.c.id
    query = select(at, key, _entries.label("entries"), terms.waiting.exists().label("waits")).where(closed)
    query = query.where(tuple_(at, key) > tuple_(after[0], after[1] or 0)).order_by(at, key)
    rows = _light(connection.execute(query.limit(BATCH)).all(), "entries", ENTRIES)
    ids = [row.id for row in rows if not row.waits]
    connection.execute(update(t.entry).where(t.entry.c.ticket_id.in_(ids)).values(_BLANK_ENTRY))
    _blank_letters(connection, t.outbox.c.ticket_id.in_(ids))
    connection.execute(update(t.ticket).where(key.in_(ids)).values(subject="", blanked_at=stamp(now)))
    return _next(rows), Swept(tickets=len(ids))


def _blank_records(old: terms.Condition, connection: Connection, after: Place) -> Gone:
    rows = _page(connection, select(_m.received_at, _m.id).where(old), after)
    ids = list(connection.execute(select(_m.id).where(_m.id.in_([row.id for row in rows]), terms.free)).scalars())
    connection.execute(update(t.message).where(_m.id.in_(ids)).values({**_BLANK_MESSAGE, "kept": Kept.COUNT.value}))
    connection.execute(delete(t.attempt).where(t.attempt.c.message_id.in_(ids)))
    questions = select(t.confirmation.c.outbox_id).where(t.confirmation.c.message_id.in_(ids))
    sent = t.outbox.c.id.in_(questions) & t.outbox.c.next_attempt_at.is_(None)
    _blank_letters(connection, sent)
    return _next(rows), Swept(records=len(ids))


def _blank_letters(connection: Connection, those: terms.Condition) -> None:
    deliveries.forget(connection, select(t.outbox.c.id).where(those))
    connection.execute(update(t.outbox).where(those).values(_BLANK_LETTER))


def _drop_contents(unused: Sequence[tuple[str, int]], horizon: int, connection: Connection, after: Place) -> Gone:
    start = after[1] or 0
    sizes = accumulate(size for _, size in unused[start : start + BATCH])
    end = start + min(sum(1 for _ in takewhile(lambda octets: octets < OCTETS, sizes)) + 1, BATCH)
    dropped = contents.drop(connection, [digest for digest, _ in unused[start:end]], horizon)
    return (("", end) if end < len(unused) else None), Swept(contents=dropped)


def _page(connection: Connection, query: Select[Any], after: Place) -> Sequence[Any]:
    query = query.where(tuple_(_m.received_at, _m.id) > tuple_(*after)).order_by(_m.received_at, _m.id)
    return connection.execute(query.limit(BATCH)).all()


def _next(rows: Sequence[Any]) -> Place | None:
    return (rows[-1][0], rows[-1][1]) if rows else None


def _light(rows: Sequence[Any], weight: str, most: int) -> Sequence[Any]:
    """The first of them, within a weight; one at least."""
    totals = accumulate(getattr(row, weight) for row in rows)
    return rows[: max(sum(1 for _ in takewhile(lambda total: total <= most, totals)), 1)]
