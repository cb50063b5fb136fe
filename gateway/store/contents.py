"""Contents: what was attached, kept once for equal octets. It outlives the bytes of the messages that brought it.

What no entry refers to goes with `drop_unused()`, in the transaction that took the last reference away.

Kept in the transaction of an accepted message, and only then: what is held has its octets in its message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select, true

from gateway.core.message import Body, Message
from gateway.store import blobs, ledger
from gateway.store import tables as t
from gateway.store.dialect import alone, elements, member, upsert
from gateway.store.prepared import Prepared

_known = Prepared(
    select(t.content.c.sha256).where(t.content.c.sha256.in_(bindparam("wanted", expanding=True))), "wanted"
)
_inside = Prepared(
    select(t.content.c.sha256).where(
        t.content.c.sha256.in_(bindparam("wanted", expanding=True)), t.content.c.octets.is_not(None)
    ),
    "wanted",
)
_insert = Prepared(upsert(t.content).on_conflict_do_nothing())
_content = select(t.content.c.octets, t.content.c.size).where(t.content.c.sha256 == bindparam("sha256"))
_attached = select(t.entry.c.attachments, t.entry.c.message_id).where(t.entry.c.ticket_id == bindparam("ticket"))
_each = elements(t.entry.c.attachments)
_used = select(member(_each.c.value, "sha256")).select_from(t.entry).join(_each, true())
_drop_unused = delete(t.content).where(t.content.c.sha256.not_in(_used))  # every attachment has a sha256, so no null
_unused = select(t.content.c.sha256, t.content.c.size).where(t.content.c.sha256.not_in(_used))
_used_since = _used.where(t.entry.c.id > bindparam("horizon"))
_drop = delete(t.content).where(t.content.c.sha256.in_(bindparam("digests", expanding=True)))
_drop = _drop.where(t.content.c.sha256.not_in(_used_since))
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


def keep(connection: Connection, body: Body, put: Collection[str] = ()) -> None:
    """Write down what is not there yet. What of it stays here is decoded a second time, one after the other.

    What was `put` outside stays there.
    """
    wanted = {one.sha256: one for one in body.attachments}
    there = _known.scalars(connection, {"wanted": list(wanted)}) if wanted else ()
    for sha256, one in sorted(wanted.items()):  # whoever has the same two new ones locks them in the same order
        if sha256 not in there and one.leaf is not None:
            outside = blobs.claim(connection, sha256, one.size, put)
            row = {"sha256": sha256, "size": one.size, "octets": None if outside else one.leaf.octets()}
            _insert.run(connection, row)


def inside(connection: Connection, digests: Collection[str]) -> frozenset[str]:
    """Which of these stand in the database itself."""
    return frozenset(_inside.scalars(connection, {"wanted": list(digests)}) if digests else ())


def drop_unused(connection: Connection) -> int:
    """Delete what no entry refers to any more; how many there were. Reads every entry's list of attachments once."""
    return connection.execute(_drop_unused).rowcount


def horizon(connection: Connection) -> int:
    """The newest entry. Whoever asks is alone: else one with a smaller id might be written still."""
    alone(connection)
    return connection.execute(select(func.max(t.entry.c.id))).scalar() or 0


def unused(connection: Connection) -> tuple[tuple[str, int], ...]:
    """What no entry refers to, digest and size: the long part of dropping it, and no writer need wait for it."""
    return tuple((row.sha256, row.size) for row in connection.execute(_unused))


def drop(connection: Connection, digests: Sequence[str], horizon: int) -> int:
    """Delete of these what no entry behind the horizon has come to refer to; how many there were. Asked alone."""
    alone(connection)
    return connection.execute(_drop, {"digests": list(digests), "horizon": horizon}).rowcount


def attached(connection: Connection, ticket_id: int, digest: str) -> bytes:
    """What is attached to a ticket, by its sha256 or how that begins. Raises LookupError, ValueError."""
    begins = digest.strip().lower()
    if not _DIGEST.fullmatch(begins):
        raise ValueError(f"{digest} is no sha256: 8 to 64 of 0-9 and a-f, as `gateway tickets show` has them")
    found = {
        one["sha256"]: row.message_id
        for row in connection.execute(_attached, {"ticket": ticket_id})
        for one in row.attachments
        if one["sha256"].startswith(begins)
    }
    if not found:
        raise LookupError(f"no attachment {digest} in this ticket; `gateway tickets show` names them")
    if len(found) > 1:
        raise ValueError(f"{digest} begins {len(found)} of this ticket's attachments; give more of it")
    [(sha256, message)] = found.items()
    row = connection.execute(_content, {"sha256": sha256}).first()
    if row is None:
        return _from_message(connection, message, sha256)
    if row.octets is None:
        return blobs.read(connection, sha256, row.size, f"attachment {sha256[:12]} of message {message}")
    return bytes(row.octets)


def _from_message(connection: Connection, message: str | None, sha256: str) -> bytes:
    """Of what came in before contents were kept: out of the message itself."""
    from gateway.core.parse import parse  # noqa: PLC0415 - what reads a mail, for which whoever looks need not wait

    parsed = parse(ledger.octets(connection, message)) if message is not None else None
    for one in parsed.body.attachments if isinstance(parsed, Message) else ():
        if one.sha256 == sha256 and one.leaf is not None:
            return one.leaf.octets()
    raise LookupError(f"no octets of {sha256} are kept")
