"""Blobs that no row refers to go: those whose rows went, at once, and a day later the orphans of what was killed.

A name is first made a tombstone, in a transaction that finds no row referring to it; then its octets go. Whoever puts
the same octets meanwhile meets the tombstone in the transaction of its own row, and keeps them in the database: which
of the two came first, the lock on the name's row says. Octets are taken away only while their tombstone is under a
day old, and it stands for two: so between the last deletion and the first new row lies a day, and no message takes
that long from its put to its commit. Killed anywhere, the next sweep finds tombstone or orphan. Decision 0036.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.blobs import Outside
from gateway.store.database import Database
from gateway.store.dialect import upsert

ORPHAN = timedelta(days=1)
"""Of what was put and no row refers to; until then its row may come yet."""
TAKEN = timedelta(days=1)
"""Under so old a tombstone octets are taken away,"""
STANDS = timedelta(days=2)
"""and so long it stands."""
BATCH = 200
"""Names in a transaction, for which mail that comes in may have to wait."""
PREFIXES = tuple(f"{number:02x}" for number in range(256))

_of_raw = select(t.raw.c.message_id).where(t.raw.c.blob == t.blob.c.sha256)
_of_content = select(t.content.c.sha256).where(
    and_(t.content.c.sha256 == t.blob.c.sha256, t.content.c.octets.is_(None)),
)
_wanted = _of_raw.exists() | _of_content.exists()
_these = t.blob.c.sha256.in_(bindparam("names", expanding=True))
_unused = select(t.blob.c.sha256, t.blob.c.size).where(t.blob.c.gone_at.is_(None), ~_wanted)
_known = select(t.blob.c.sha256).where(_these)
_first = upsert(t.blob).on_conflict_do_nothing()
_lock = select(t.blob.c.sha256).where(_these).with_for_update()  # SQLite has one writer, and ignores it
_bury = update(t.blob).where(_these, t.blob.c.gone_at.is_(None), ~_wanted)
_buried = select(t.blob.c.sha256).where(t.blob.c.gone_at > bindparam("since")).order_by(t.blob.c.sha256)
_forget = delete(t.blob).where(t.blob.c.gone_at < bindparam("before"))


def sweep(database: Database, now: datetime, *, orphans: bool) -> int:
    """Take away what no row refers to; `orphans`: and look through all that is there. Returns how many went.

    Raises Unavailable; what is not done then the next one does.
    """
    outside = database.outside
    if outside is None:
        return 0
    _all_buried(database, now, dict(database.read(_unreferred)))
    if orphans:
        for prefix in PREFIXES:
            _all_buried(database, now, _orphans(database, outside, prefix, now))
    gone = database.read(lambda connection: _names(connection, now))
    for names in _batches(gone):
        outside.blobs.delete(names)
    database.write(lambda connection: connection.execute(_forget, {"before": stamp(now - STANDS)}))
    return len(gone)


def _unreferred(connection: Connection) -> list[tuple[str, int]]:
    return [(row.sha256, row.size) for row in connection.execute(_unused)]


def _orphans(database: Database, outside: Outside, prefix: str, now: datetime) -> dict[str, int]:
    """What was put long ago under this prefix, and the database has never heard of."""
    old = {one.name: one.size for one in outside.blobs.found(prefix, now) if one.put_at < now - ORPHAN}
    for names in _batches(list(old)):
        for known in database.read(partial(_among, names=names)):
            del old[known]
    return old


def _among(connection: Connection, names: list[str]) -> list[str]:
    return list(connection.execute(_known, {"names": names}).scalars())


def _names(connection: Connection, now: datetime) -> list[str]:
    return list(connection.execute(_buried, {"since": stamp(now - TAKEN)}).scalars())


def _all_buried(database: Database, now: datetime, sizes: Mapping[str, int]) -> None:
    for names in _batches(list(sizes)):
        database.write(partial(_tombstones, now=now, sizes={name: sizes[name] for name in names}))


def _tombstones(connection: Connection, now: datetime, sizes: Mapping[str, int]) -> None:
    """The lock first, the look at the rows after it: so a row that was committed meanwhile is seen."""
    names = {"names": list(sizes)}
    connection.execute(_first, [{"sha256": name, "size": size, "gone_at": None} for name, size in sizes.items()])
    connection.execute(_lock, names).all()
    connection.execute(_bury.values(gone_at=stamp(now)), names)


def _batches(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        yield batch
