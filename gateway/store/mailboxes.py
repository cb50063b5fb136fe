"""The ledger of mailboxes: which UIDs were seen, what became of each, and whether any is missing (I4, I11).

A UID is put down as waiting in the transaction that moves the mark past it, and taken in the transaction of its
message. So whoever is killed anywhere finds what is left to do by asking for what is not done; and a UID below the
mark without a row was not there when the folder was listed, for the server never uses it again (RFC 9051 §2.3.1.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, select, update

from gateway.core.place import OPEN, Folder, Mail, Place, Sight, Step
from gateway.core.reason import Disposition
from gateway.core.times import moment, stamp
from gateway.store import tables as t
from gateway.store.dialect import upsert
from gateway.store.prepared import Prepared

_in_folder = (t.mail.c.ingress == bindparam("i")) & (t.mail.c.uidvalidity == bindparam("v"))
_here = _in_folder & (t.mail.c.uid == bindparam("u"))
_age = t.folder.c.first_seen_at, t.folder.c.uidvalidity
_folders = select(t.folder).where(t.folder.c.ingress == bindparam("i")).order_by(*_age)
_lowest = select(func.min(t.folder.c.uidvalidity)).where(t.folder.c.ingress == bindparam("i"))
_mark = upsert(t.folder)
_later = case((_mark.excluded.mark > t.folder.c.mark, _mark.excluded.mark), else_=t.folder.c.mark)
_mark = _mark.on_conflict_do_update(index_elements=["ingress", "uidvalidity"], set_={"mark": _later})
_count = upsert(t.seen)
_count = _count.on_conflict_do_update(
    index_elements=["ingress", "day"], set_={"uids": t.seen.c.uids + _count.excluded.uids}
)
_insert = upsert(t.mail).on_conflict_do_nothing().returning(t.mail.c.uid)
_unfinished = (
    select(t.mail.c.uid, t.mail.c.step, t.message.c.disposition)
    .outerjoin(t.message, t.message.c.id == t.mail.c.message_id)
    .where(_in_folder, t.mail.c.step.in_([step.value for step in OPEN]), t.mail.c.uid > bindparam("after"))
    .order_by(t.mail.c.uid)
    .limit(bindparam("most"))
)
_waiting = t.mail.c.step.in_([Step.WAITING.value, Step.STAYS.value])
_waited = select(func.count()).select_from(t.mail).where(_in_folder, _waiting)
_digest = select(t.message.c.sha256).where(t.message.c.id == bindparam("m")).scalar_subquery()
_take = Prepared(
    update(t.mail)
    .where(_here, t.mail.c.message_id.is_(None))
    .values(step=Step.TAKEN.value, message_id=bindparam("m"), sha256=_digest)
    .returning(t.mail.c.uid)
)
_settle = update(t.mail).where(_here).values(step=bindparam("s"))
_now_here = t.mail.alias()
_known = Prepared(
    select(t.message.c.id, t.message.c.disposition)
    .join(t.mail, t.mail.c.message_id == t.message.c.id)
    .where(
        t.mail.c.ingress == bindparam("i"), t.mail.c.sha256 == bindparam("d"), t.mail.c.uidvalidity != bindparam("v")
    )
    .where(
        ~select(_now_here.c.uid)
        .where(_now_here.c.message_id == t.message.c.id, _now_here.c.uidvalidity == bindparam("v"))
        .exists()
    )
    .order_by(t.message.c.received_at)
    .limit(1)
)
_by_age = select(t.folder.c.ingress, t.folder.c.uidvalidity).order_by(*_age)
_steps = select(
    t.mail.c.ingress,
    t.mail.c.day,
    t.mail.c.uidvalidity,
    func.count().label("number"),
    *(
        func.sum(case((t.mail.c.step == step.value, 1), else_=0)).label(step.value)
        for step in (Step.WAITING, Step.STAYS)
    ),
).group_by(t.mail.c.ingress, t.mail.c.day, t.mail.c.uidvalidity)


def sight(connection: Connection, folder: Folder) -> Sight | None:
    """What is known of a folder; of one with a new UIDVALIDITY, what is known of the mailbox."""
    rows = connection.execute(_folders, {"i": folder.ingress}).all()
    if not rows:
        return None
    here = next((row for row in rows if row.uidvalidity == folder.uidvalidity), None)
    since = (here or rows[0]).since
    before = None if here else {"i": folder.ingress, "v": rows[-1].uidvalidity}
    return Sight(
        here.mark if here else 0,
        moment(since) if since else None,
        renumbered=here is None or len(rows) > 1,
        superseded=here is not None and here is not rows[-1],
        waited=connection.execute(_waited, before).scalar_one() if before else 0,
    )


def see(connection: Connection, folder: Folder, uids: Sequence[int], sight: Sight, now: datetime) -> None:
    """Put `uids` down as waiting, and that all up to the mark were seen: in one transaction, so none is between.

    Of one that is down already nothing changes.
    """
    day = stamp(now)[:10]
    names = {"ingress": folder.ingress, "uidvalidity": folder.uidvalidity}
    since = stamp(sight.since) if sight.since else None
    connection.execute(_mark, {**names, "mark": sight.mark, "since": since, "first_seen_at": stamp(now)})
    if uids:
        rows = [{**names, "uid": uid, "day": day, "step": Step.WAITING.value} for uid in uids]
        new = len(connection.execute(_insert, rows).all())
        connection.execute(_count, {"ingress": folder.ingress, "day": day, "uids": new})


def set_aside(connection: Connection, folder: Folder) -> None:
    """Keep what is known under a UIDVALIDITY that no server gives: the folder's UIDs are of other mail from now on."""
    aside = min(connection.execute(_lowest, {"i": folder.ingress}).scalar() or 0, 0) - 1
    for table in (t.folder, t.mail):
        here = (table.c.ingress == folder.ingress) & (table.c.uidvalidity == folder.uidvalidity)
        connection.execute(update(table).where(here).values(uidvalidity=aside))


def unfinished(connection: Connection, folder: Folder, after: int, limit: int) -> tuple[Mail, ...]:
    """What is not done, in the order of UIDs, from `after` on."""
    found = connection.execute(_unfinished, {**_names(folder), "after": after, "most": limit})
    return tuple(
        Mail(row.uid, Step(row.step), Disposition(row.disposition) if row.disposition else None) for row in found
    )


def take(connection: Connection, place: Place, message_id: str) -> None:
    """Write down with which message a mail came in (I4). Raises LookupError where it came in already."""
    if not _take.rows(connection, {**_names(place.folder), "u": place.uid, "m": message_id}):
        raise LookupError(f"{place} does not wait to be taken")


def known(connection: Connection, place: Place, octets: bytes) -> tuple[str, Disposition] | None:
    """The message that these octets came in with under another UIDVALIDITY, and what became of it.

    Each message is known again once, so two mails of the same octets stay two.
    """
    digest = hashlib.sha256(octets).hexdigest()
    found = _known.first(connection, {**_names(place.folder), "d": digest})
    return (found.id, Disposition(found.disposition)) if found else None


def settle(connection: Connection, folder: Folder, uids: Sequence[int], step: Step) -> None:
    """Write down how far these are."""
    if uids:
        connection.execute(_settle, [{**_names(folder), "u": uid, "s": step.value} for uid in uids])


@dataclass(frozen=True, slots=True)
class Audit:
    """Of the UIDs of an ingress first seen on a day: how many wait, how many were too large, how many are missing."""

    waiting: int
    stays: int
    gaps: int


NOTHING = Audit(0, 0, 0)


def audit(connection: Connection) -> dict[tuple[str, str], Audit]:
    """Hold the rows against what was counted apart from them.

    What waited when the UIDVALIDITY changed waits no more: it was seen again under the new one.
    """
    seen = {(row.ingress, row.day): row.uids for row in connection.execute(select(t.seen))}
    newest = {row.ingress: row.uidvalidity for row in connection.execute(_by_age)}
    weighed = {key: Audit(0, 0, uids) for key, uids in seen.items()}
    for row in connection.execute(_steps):
        key, current = (row.ingress, row.day), newest.get(row.ingress) == row.uidvalidity
        before = weighed.get(key, NOTHING)
        waiting, stays = (row.waiting, row.stays) if current else (0, 0)
        weighed[key] = Audit(before.waiting + waiting, before.stays + stays, before.gaps - row.number)
    return weighed


def _names(folder: Folder) -> dict[str, str | int]:
    return {"i": folder.ingress, "v": folder.uidvalidity}
