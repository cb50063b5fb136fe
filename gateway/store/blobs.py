"""Blobs: octets that are too large for the database stand outside it, named by their sha256, and are checked when read.

They are put down and safe before the row that speaks of them is committed, so no row ever points at nothing; killed in
between, an orphan is left (`gateway/store/blob_sweep.py`). `claim()` is the only way for a row to leave its octets
outside. What takes one of these names away leaves a tombstone first, and what meets one keeps its octets in the
database, which is always right. Decision 0036.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, func, select

from gateway.core.committed import Record
from gateway.core.message import Attachment
from gateway.store import tables as t
from gateway.store.dialect import upsert
from gateway.store.prepared import Prepared

INLINE = 256 * 1024
"""Octets. What is longer stands outside; docs/performance.md has what it costs on either side."""

_live = upsert(t.blob)
_live = _live.on_conflict_do_update(
    index_elements=["sha256"], set_={"size": _live.excluded.size}, where=t.blob.c.gone_at.is_(None)
)
_claim = Prepared(
    _live.values(sha256=bindparam("sha256"), size=bindparam("size"), gone_at=None).returning(t.blob.c.sha256)
)


@dataclass(frozen=True, slots=True)
class Found:
    """A blob that is there: its name, its octets' number, and when it was last put."""

    name: str
    size: int
    put_at: datetime


class Blobs(Protocol):
    """Where blobs are. Every call blocks for a bounded time: threads make them. All raise Unavailable."""

    def put(self, name: str, octets: bytes) -> None:
        """Keep these; on return they are safe. Again under the same name does no harm, and heals."""

    def get(self, name: str, most: int) -> bytes | None:
        """The octets, or None where there are none; of what is longer than `most`, one octet more."""

    def delete(self, names: Collection[str]) -> None:
        """Take these away; those that are not there, too."""

    def found(self, prefix: str, now: datetime) -> Iterator[Found]:
        """All whose names begin with these two digits; what killed puts have left by `now` may go meanwhile."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Where octets are that are longer than `inline`."""

    blobs: Blobs
    inline: int = INLINE


class Damaged(LookupError):  # noqa: N818 - what is found, as LookupError says that it is not
    """Octets that were kept are not there, or not as they were. The words say of what."""


class Database(Protocol):
    """A database and its blobs are one."""

    outside: Outside | None


def beside(connection: Connection) -> Outside | None:
    """What stands outside this connection's database."""
    database: Database | None = connection.get_execution_options().get("database")
    return database.outside if database else None


def name_of(octets: bytes) -> str:
    """The one name of these octets."""
    return hashlib.sha256(octets).hexdigest()


def is_long(record: Record, inline: int) -> bool:
    """Whether there is anything to put outside."""
    return len(record.case.arrival.raw) > inline or any(True for _ in long_contents(record, inline))


def put(outside: Outside, record: Record, inside: Collection[str] = ()) -> Record:
    """Put what is long in a message that came in: before its transaction, in a thread. Raises Unavailable."""
    raw = record.case.arrival.raw
    if len(raw) <= outside.inline:
        return put_contents(outside, record, inside)
    name = name_of(raw)
    outside.blobs.put(name, raw)
    record = put_contents(outside, record, inside)
    return replace(record, outside=record.outside | {name})


def put_contents(outside: Outside, record: Record, inside: Collection[str] = ()) -> Record:
    """The same of what is attached to what is let in, one at a time in memory; of what stands `inside`, none.

    What an earlier message has put is put again: so what was lost since is back.
    """
    names = set[str]()
    for one in long_contents(record, outside.inline):
        if one.leaf is not None and one.sha256 not in inside and one.sha256 not in names:
            outside.blobs.put(one.sha256, one.leaf.octets())
            names.add(one.sha256)
    answer = record.answer
    if answer is not None and answer.release is not None:
        released, override = answer.release
        answer = replace(answer, release=(replace(released, outside=frozenset(names)), override))
    return replace(record, outside=frozenset(names), answer=answer)


def long_contents(record: Record, inline: int) -> Iterator[Attachment]:
    """What is attached and longer, to a message that is let in or to one that it releases."""
    released = record.answer.release[0] if record.answer and record.answer.release else None
    for opening in (record.opening, released.opening if released else None):
        if opening is not None:
            yield from (one for one in opening.message.body.attachments if one.size > inline)


def claim(connection: Connection, name: str, size: int, put: Collection[str]) -> bool:
    """Whether a row may leave these octets outside: they were put there, and nobody is taking the name away."""
    return name in put and bool(_claim.rows(connection, {"sha256": name, "size": size}))


def read(connection: Connection, name: str, size: int, of: str) -> bytes:
    """The octets of a row that has them outside; `of` says of what. Raises Damaged, Unavailable."""
    return had(beside(connection), name, size, of)


def had(outside: Outside | None, name: str, size: int, of: str) -> bytes:
    """The same, of a place. Raises Damaged, Unavailable."""
    if outside is None:
        raise Damaged(f"{of}: its octets stand outside the database, and no place for blobs is configured")
    return verified(outside.blobs, name, size, of)


def verified(blobs: Blobs, name: str, size: int, of: str) -> bytes:
    """The octets of this name, and no others. Raises Damaged, Unavailable."""
    octets = blobs.get(name, size)
    if octets is None:
        raise Damaged(f"{of}: its octets are gone: there is no blob {name}; bring it back from a backup")
    if len(octets) != size or name_of(octets) != name:
        raise Damaged(f"{of}: its octets are not as they were: blob {name} was altered; bring it back from a backup")
    return octets


@dataclass(frozen=True, slots=True)
class Referred:
    """A blob that a row refers to, and what it is the octets of."""

    name: str
    size: int
    of: str


def referred(connection: Connection) -> Iterator[Referred]:
    """All that rows refer to; what several refer to comes several times."""
    query = select(t.raw.c.blob, t.message.c.size, t.message.c.id).join_from(t.raw, t.message)
    for name, size, message in connection.execute(query.where(t.raw.c.blob.is_not(None))):
        yield Referred(name, size, f"message {message}")
    for name, size in connection.execute(
        select(t.content.c.sha256, t.content.c.size).where(t.content.c.octets.is_(None))
    ):
        yield Referred(name, size, f"attachment {name}")


def extent(connection: Connection) -> tuple[int, int]:
    """How many blobs there are for rows, and of how many octets."""
    query = select(func.count(), func.coalesce(func.sum(t.blob.c.size), 0)).where(t.blob.c.gone_at.is_(None))
    number, octets = connection.execute(query).one()
    return int(number), int(octets)
