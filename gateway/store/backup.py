"""Backup and restore: one moment of a gateway that runs, database and blobs; put in place only when it is whole.

The database first, in one read of its last commit; then the blobs that this copy refers to. Their octets never change,
so one that is copied later is still the right one. One that a sweep has taken meanwhile is no longer in a newer copy of
the database: so that is taken anew, until all that is missing was missing before it. Only what is left over is lost.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table, func, select

from gateway import __version__
from gateway.core.times import stamp
from gateway.ports import Unavailable
from gateway.store import audit, blobs, schema
from gateway.store import tables as t
from gateway.store.blob_files import Files, sync
from gateway.store.blob_sweep import PREFIXES
from gateway.store.blobs import Blobs, Damaged, Outside, Referred
from gateway.store.database import Database
from gateway.store.manifest import Manifest
from gateway.store.sqlite import RESTORING

DATABASE, BLOBS = "gateway.db", "blobs"
ROUNDS = 5
"""So often the database is copied anew because octets were taken away meanwhile; a sweep comes once an hour."""
JOURNALS = ("-wal", "-shm", "-journal")
"""What SQLite has beside a file. Of which file they are they do not say: a name is all that binds them."""


def backup(database: Database, folder: Path, now: datetime) -> Manifest:
    """Copy all into an empty folder. Raises ValueError for one that is not, OSError, Unavailable."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: name a new folder, so that no two backups are mixed")
    copy, place = folder / DATABASE, Files(folder / BLOBS)
    missing, copied = set[str](), set[str]()
    for _ in range(ROUNDS):
        _copy_database(database, copy)
        with _opened(copy) as taken:
            wanted = _once(taken.read(lambda connection: list(blobs.referred(connection))))
        gone = set(_copied(database.outside, place, [one for one in wanted if one.name not in copied]))
        copied |= {one.name for one in wanted} - gone
        if gone <= missing:  # before this copy of the database was taken, which has them all the same
            break
        missing |= gone
    else:
        raise Unavailable(f"{folder}: octets are taken away faster than they are copied")
    place.delete(copied - {one.name for one in wanted})
    with _opened(copy) as taken:
        counted = taken.read(lambda connection: _counted(connection, now, wanted, tuple(sorted(gone))))
    manifest = replace(counted, database_sha256=_digest(copy))
    manifest.write(folder)
    return manifest


def restore(folder: Path, path: Path, outside: Outside, now: datetime) -> Manifest:
    """Put a backup where there is no database yet, at the schema of this gateway.

    Raises ValueError where it is not whole, or there is one; WrongSchema for that of a newer gateway; Unavailable.
    """
    manifest, path = Manifest.read(folder), Path(os.path.realpath(path))  # journals stand beside the file itself
    _refuse_what_is_there(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_name(path.name + RESTORING)
    try:
        _take(folder / DATABASE, half, manifest)
        with _opened(half) as taken:
            schema.migrate(taken, now)
            wanted = _whole(taken, manifest, folder)
        _put(Files(folder / BLOBS), outside.blobs, wanted, now)
        _place(half, path)
    finally:
        _unlink(half)
    return manifest


def _refuse_what_is_there(path: Path) -> None:
    """Neither a database, nor a journal of one that was there: SQLite would play it over this one."""
    if path.exists():
        raise _is_there(path)
    if left := next(filter(Path.exists, _journals(path)), None):
        raise ValueError(f"{left} is there, of a database that is not: move it away too, to where that one went")


def _is_there(path: Path) -> ValueError:
    return ValueError(f"{path} is there already: move it away first, or name another database")


def _place(half: Path, path: Path) -> None:
    """Only where still nothing is: a command may have made a database and taken mail meanwhile (I3)."""
    _refuse_what_is_there(path)
    try:
        os.link(half, path)
    except FileExistsError:
        raise _is_there(path) from None
    half.unlink()
    sync(path.parent)


def _copy_database(database: Database, copy: Path) -> None:
    """One read of the last commit, while others write. No free page comes along, so nothing that was erased."""
    _unlink(copy)
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with database.connect() as connection:
        connection.execution_options(begin="")
        connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
    _synced(copy)


def _copied(outside: Outside | None, place: Files, wanted: Iterable[Referred]) -> Iterator[str]:
    """Copy these; the names of those that could not be had as they were."""
    for one in wanted:
        try:
            octets = blobs.had(outside, one.name, one.size, one.of)
        except Damaged:
            yield one.name
        else:
            place.put(one.name, octets)


def _counted(connection: Connection, now: datetime, wanted: list[Referred], lost: tuple[str, ...]) -> Manifest:
    def count(table: Table) -> int:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    here = [one for one in wanted if one.name not in lost]
    return Manifest(
        gateway=__version__,
        made_at=stamp(now),
        schema=schema.HEAD,
        database_sha256="",
        audit=audit.head(connection).hash,
        messages=count(t.message),
        tickets=count(t.ticket),
        outbox=count(t.outbox),
        blobs=len(here),
        octets=sum(one.size for one in here),
        lost=lost,
    )


def _take(copy: Path, half: Path, manifest: Manifest) -> None:
    _unlink(half)
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    shutil.copyfile(copy, half)
    if _digest(half) != manifest.database_sha256:
        raise ValueError(f"{copy} is not as it was when the backup was made: take another backup")


def _whole(taken: Database, manifest: Manifest, folder: Path) -> list[Referred]:
    """What it refers to, once it has been looked at: pages, references, the audit's chain, every blob."""
    if taken.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalars().all()) != ["ok"]:
        raise ValueError(f"{folder / DATABASE} is damaged: PRAGMA integrity_check says so")
    if taken.read(lambda c: c.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise ValueError(f"{folder / DATABASE} is damaged: PRAGMA foreign_key_check says so")
    if broken := taken.read(lambda connection: audit.verify(connection, manifest.audit)).broken:
        raise ValueError(f"{folder / DATABASE}: its audit is not whole: {broken}")
    wanted = _once(taken.read(lambda connection: list(blobs.referred(connection))))
    wanted = [one for one in wanted if one.name not in manifest.lost]
    place = Files(folder / BLOBS)
    for one in wanted:
        try:
            blobs.verified(place, one.name, one.size, one.of)
        except Damaged as fault:
            raise ValueError(f"{folder}: {fault}") from fault
    return wanted


def _put(place: Blobs, target: Blobs, wanted: list[Referred], now: datetime) -> None:
    """All of them, before there is a database to refer to them."""
    ours = {one.name for one in wanted}
    strange = next((one for prefix in PREFIXES for one in target.found(prefix, now) if one.name not in ours), None)
    if strange is not None:
        raise ValueError(f"where blobs are to stand is {strange.name} of another database, which a sweep would take")
    for one in wanted:
        target.put(one.name, blobs.verified(place, one.name, one.size, one.of))


def _unlink(path: Path) -> None:
    for one in (path, *_journals(path)):
        one.unlink(missing_ok=True)


def _journals(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in JOURNALS]


def _once(found: Iterable[Referred]) -> list[Referred]:
    return list({one.name: one for one in found}.values())


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    """A copy; what is written into it is on disk at the end."""
    with closing(Database(f"sqlite:///{path}").open()) as database:
        yield database
    _synced(path)


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
