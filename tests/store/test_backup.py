"""Backup and restore: one moment of a gateway that goes on, whole or refused."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

import house
from gateway.ports import Unavailable
from gateway.store import audit, blob_sweep, blobs, desk, ledger, quarantine
from gateway.store.backup import JOURNALS, backup, restore
from gateway.store.blob_files import Files
from gateway.store.blobs import Outside, name_of
from gateway.store.database import Database
from house import NOW, letter

INLINE = 4096
LONG = "Il sito non risponde. " * 400


@pytest.fixture
def gateway(tmp_path):
    outside = Outside(Files(tmp_path / "blobs"), INLINE)
    with house.gateway(tmp_path, outside=outside) as one:
        yield one


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backup"


@pytest.fixture
def elsewhere(tmp_path):
    return Restored(tmp_path / "elsewhere")


class Restored:
    """Another machine."""

    def __init__(self, folder):
        self.path, self.outside = folder / "gateway.db", Outside(Files(folder / "blobs"), INLINE)

    def restore(self, folder):
        return restore(folder, self.path, self.outside, NOW)

    def read(self, query):
        with closing(Database(f"sqlite:///{self.path}", self.outside).open()) as database:
            return database.read(query)

    @property
    def empty(self):
        """But for an empty folder."""
        return not any(path.is_file() for path in self.path.parent.rglob("*"))


async def some(gateway):
    """A short one, a long one, one that is held; their ids with their octets."""
    mails = [letter(message_id="1@x"), letter(message_id="2@x", text=LONG), letter(dmarc="fail", text=LONG)]
    return {(await gateway.receive(raw)).id: raw for raw in mails}


async def test_what_comes_back_is_what_was_there(gateway, folder, elsewhere):
    """Bytes, tickets, balance and audit."""
    mails = await some(gateway)
    gateway.database.write(lambda c: audit.note(c, NOW, "anna", "test", "subject"))
    made = backup(gateway.database, folder, NOW)
    assert (made.messages, made.tickets, made.blobs, made.lost) == (3, 2, 2, ())
    assert elsewhere.restore(folder) == made
    for message, raw in mails.items():
        assert elsewhere.read(lambda c, one=message: ledger.octets(c, one)) == raw
    assert elsewhere.read(lambda c: list(desk.records(c, desk.Window()))) == gateway.tickets
    assert elsewhere.read(ledger.balance) == gateway.balance
    assert elsewhere.read(audit.verify).head == gateway.database.read(audit.head)


async def test_taken_while_mail_pours_in_it_is_one_moment(gateway, folder, elsewhere):
    """What was answered before it began is in it; what is in it is whole: bytes, ticket, balance."""

    async def pour(first):
        receipts = [gateway.receive(letter(message_id=f"{n}@y", text=LONG + str(n))) for n in range(first, first + 40)]
        return [one.id for one in await asyncio.gather(*receipts)]

    before = await pour(0)
    _, *_ = await asyncio.gather(asyncio.to_thread(backup, gateway.database, folder, NOW), pour(100), pour(200))
    made = elsewhere.restore(folder)
    found = elsewhere.read(lambda c: list(ledger.messages(c, desk.Window())))
    ids = [one["id"] for one in found]
    assert set(before) <= set(ids)
    assert made.messages == made.tickets == len(ids)
    assert all(one["ticket"] for one in found)
    assert all(
        name_of(elsewhere.read(lambda c, one=one: ledger.octets(c, one["id"]))) == one["sha256"] for one in found
    )
    assert all(row["ok"] for row in elsewhere.read(ledger.balance))


class Swept:
    """A place out of which messages are purged and swept while it is copied."""

    def __init__(self, gateway, messages):
        self._place, self._gateway, self._messages = gateway.database.outside.blobs, gateway, list(messages)

    def __getattr__(self, name):
        return getattr(self._place, name)

    def get(self, name, most):
        if self._messages:
            database = self._gateway.database
            gone = [self._messages.pop()]
            database.write(lambda c: quarantine.purge(c, gone, now=NOW, by="anna"))
            blob_sweep.sweep(database, NOW, orphans=False)
        return self._place.get(name, most)


async def held(gateway, number):
    raws = [letter(dmarc="fail", message_id=f"{n}@x", text=LONG + str(n)) for n in range(number)]
    return [(await gateway.receive(raw)).id for raw in raws]


async def test_what_a_sweep_takes_meanwhile_is_not_in_it_and_not_lost(gateway, folder, elsewhere):
    """The database is copied again, as it is after the sweep."""
    ids = await held(gateway, 4)
    gateway.database.outside = Outside(Swept(gateway, ids[:2]), INLINE)
    made = backup(gateway.database, folder, NOW)
    assert (made.blobs, made.lost) == (2, ())
    elsewhere.restore(folder)
    assert {one.name for p in blob_sweep.PREFIXES for one in elsewhere.outside.blobs.found(p, NOW)} == {
        name_of(elsewhere.read(lambda c, one=one: ledger.octets(c, one))) for one in ids[2:]
    }


async def test_what_was_lost_before_is_said_and_the_rest_is_kept(gateway, folder, elsewhere):
    """An operator whose disk lost one old message has a backup of all others."""
    mails = await some(gateway)
    _, (long, lost), _ = mails.items()
    gateway.database.outside.blobs.delete([name_of(lost)])
    made = backup(gateway.database, folder, NOW)
    assert made.lost == (name_of(lost),)
    elsewhere.restore(folder)
    with pytest.raises(blobs.Damaged, match=f"message {long}: its octets are gone"):
        elsewhere.read(lambda c: ledger.octets(c, long))


class Failing:
    """A place that breaks off."""

    def get(self, name, most):
        raise Unavailable("blobs: Input/output error")


async def test_what_was_broken_off_is_no_backup(gateway, folder, elsewhere):
    """It has no manifest; it is neither restored nor gone on with."""
    await some(gateway)
    gateway.database.outside = Outside(Failing(), INLINE)
    with pytest.raises(Unavailable):
        backup(gateway.database, folder, NOW)
    with pytest.raises(ValueError, match=r"has no manifest.json: it is no backup, or one that was not finished"):
        elsewhere.restore(folder)
    with pytest.raises(ValueError, match=r"is not empty: name a new folder"):
        backup(gateway.database, folder, NOW)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from gateway.store import manifest
from gateway.store.backup import backup
from gateway.store.blob_files import Files
from gateway.store.blobs import Outside
from gateway.store.database import Database
manifest.json.dump = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
here = Path(sys.argv[1])
database = Database(f"sqlite:///{here}/gateway.db", Outside(Files(here / "blobs"))).open()
backup(database, here / "backup", datetime.now(UTC))
"""


async def test_killed_at_the_last_moment_it_does_not_look_whole(gateway, folder, tmp_path, elsewhere):
    """Database and blobs are there, and still it is none."""
    await some(gateway)
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", KILLED, str(tmp_path)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "gateway.db").exists()
    with pytest.raises(ValueError, match="it is no backup, or one that was not finished"):
        elsewhere.restore(folder)


def a_blob(folder):
    return next(path for path in sorted(folder.rglob("blobs/*/*")))


def altered(path, at=-1):
    octets = bytearray(path.read_bytes())
    octets[at] ^= 1
    path.write_bytes(octets)


SPOILT = {
    "the database": (lambda folder: altered(folder / "gateway.db"), "is not as it was when the backup was made"),
    "a blob": (lambda folder: altered(a_blob(folder)), "its octets are not as they were"),
    "no blob": (lambda folder: a_blob(folder).unlink(), "its octets are gone"),
    "a manifest": (lambda folder: (folder / "manifest.json").write_text('{"format": 1}'), "was altered"),
    "no json": (lambda folder: (folder / "manifest.json").write_text("{"), "is of no backup"),
}


@pytest.mark.parametrize("what", SPOILT)
async def test_what_is_not_whole_is_not_put_in_place(gateway, folder, elsewhere, what):
    """Nothing is there afterwards that was not before."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    spoil, words = SPOILT[what]
    spoil(folder)
    with pytest.raises(ValueError, match=words):
        elsewhere.restore(folder)
    assert elsewhere.empty


async def test_a_backup_with_another_audit_is_refused(gateway, folder, elsewhere):
    """Its database may be sound by itself: the manifest says how its chain ends."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"audit": "ab" * 32}))
    with pytest.raises(ValueError, match="its audit is not whole"):
        elsewhere.restore(folder)
    assert elsewhere.empty


async def test_nothing_that_is_there_is_overwritten(gateway, folder, elsewhere):
    """Neither a database, nor blobs of another one, which the restored one would sweep away."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    elsewhere.outside.blobs.folder.parent.mkdir()
    elsewhere.outside.blobs.put(name_of(b"another's"), b"another's")
    with pytest.raises(ValueError, match="of another database, which a sweep would take"):
        elsewhere.restore(folder)
    assert not elsewhere.path.exists()
    shutil.rmtree(elsewhere.outside.blobs.folder)
    elsewhere.restore(folder)
    with pytest.raises(ValueError, match="is there already"):
        elsewhere.restore(folder)


def a_journal(path):
    """As a killed process leaves it beside its database, which was then moved away."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table strange (octets)")
        connection.executemany("insert into strange values (randomblob(1000))", [()] * 400)
        connection.commit()
        octets = path.with_name(f"{path.name}-wal").read_bytes()
    path.unlink()
    return octets


@pytest.mark.parametrize("suffix", JOURNALS)
async def test_beside_a_journal_of_another_nothing_is_put(gateway, folder, elsewhere, suffix):
    """SQLite would play it over what was restored, at the next opening; whose it is only the operator knows."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    elsewhere.path.parent.mkdir()
    octets = a_journal(elsewhere.path)
    journal = elsewhere.path.with_name(f"gateway.db{suffix}")
    journal.write_bytes(octets)
    with pytest.raises(ValueError, match=rf"gateway\.db{suffix} is there, of a database that is not: move it away too"):
        elsewhere.restore(folder)
    assert [path for path in elsewhere.path.parent.rglob("*") if path.is_file()] == [journal]
    assert journal.read_bytes() == octets
    journal.unlink()
    elsewhere.restore(folder)
    assert elsewhere.read(audit.verify).broken == ""


async def test_a_journal_is_looked_for_where_the_file_itself_is(gateway, folder, elsewhere):
    """The configured name may be a link."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    elsewhere.path.parent.mkdir()
    there = elsewhere.path.with_name("there.db")
    elsewhere.path.symlink_to(there)
    journal = elsewhere.path.with_name("there.db-wal")
    journal.write_bytes(a_journal(there))
    with pytest.raises(ValueError, match=r"there\.db-wal is there"):
        elsewhere.restore(folder)
    journal.unlink()
    elsewhere.restore(folder)
    assert elsewhere.path.is_symlink()
    assert elsewhere.read(audit.verify).broken == ""


async def test_what_a_killed_restore_left_is_not_gone_on_with(gateway, folder, elsewhere):
    """Neither its file nor the journals of that."""
    await some(gateway)
    made = backup(gateway.database, folder, NOW)
    elsewhere.path.parent.mkdir()
    half = elsewhere.path.with_name("gateway.db.restoring")
    octets = a_journal(half)
    for name in (half.name, *(half.name + suffix for suffix in JOURNALS)):
        half.with_name(name).write_bytes(octets)
    assert elsewhere.restore(folder) == made
    assert not list(elsewhere.path.parent.glob("*.restoring*"))


class Overtaken(Files):
    """A place that fills while somebody else makes a database."""

    def __init__(self, folder, path):
        super().__init__(folder)
        self._path_of_database = path

    def put(self, name, octets):
        self._path_of_database.write_bytes(b"another's")
        super().put(name, octets)


async def test_a_database_that_was_made_meanwhile_stays(gateway, folder, elsewhere):
    """It may have mail in it, for which somebody was told 250 (I3)."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    elsewhere.outside = Outside(Overtaken(elsewhere.outside.blobs.folder, elsewhere.path), INLINE)
    with pytest.raises(ValueError, match="is there already: move it away first"):
        elsewhere.restore(folder)
    assert elsewhere.path.read_bytes() == b"another's"
    assert [path.name for path in elsewhere.path.parent.iterdir() if path.is_file()] == ["gateway.db"]


async def test_one_that_was_made_at_the_last_moment_stays_too(gateway, folder, elsewhere, monkeypatch):
    """No look comes between: the name is taken only where it is free."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    link = os.link
    monkeypatch.setattr(os, "link", lambda half, path: [path.write_bytes(b"another's"), link(half, path)])
    with pytest.raises(ValueError, match="is there already: move it away first"):
        elsewhere.restore(folder)
    assert elsewhere.path.read_bytes() == b"another's"


async def test_an_empty_database_is_one(gateway, folder, elsewhere):
    """Somebody may have made it just now, and be about to write."""
    await some(gateway)
    backup(gateway.database, folder, NOW)
    elsewhere.path.parent.mkdir()
    elsewhere.path.touch()
    with pytest.raises(ValueError, match="is there already"):
        elsewhere.restore(folder)


class Outrunning(Swept):
    """A place out of which the very blob goes that is asked for, and a new message comes, for ever."""

    def get(self, name, most):
        gateway, place = self._gateway, self._place
        [message] = [one["id"] for one in gateway.messages if one["sha256"] == name]
        gateway.database.write(lambda c: quarantine.purge(c, [message], now=NOW, by="anna"))
        place.delete([name])
        raw = letter(dmarc="fail", message_id=f"{message}@z", text=LONG + message)
        asyncio.run(gateway.receiver.archive.record(asyncio.run(gateway.receiver.examine(gateway.arrival(raw)))))


async def test_a_sweep_that_outruns_the_copy_ends_it(gateway, folder):
    """After so many rounds, with words, instead of copying for ever."""
    await held(gateway, 1)
    gateway.database.outside = Outside(Outrunning(gateway, ()), INLINE)
    with pytest.raises(Unavailable, match="faster than they are copied"):
        await asyncio.to_thread(backup, gateway.database, folder, NOW)
