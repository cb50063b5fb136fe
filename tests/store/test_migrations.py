"""The schema's version, and a database that is private."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from functools import partial

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from gateway.core.address import Address
from gateway.ports import Unavailable
from gateway.store import book, likeness, schema
from gateway.store.database import Database
from gateway.store.tables import metadata
from house import NOW
from postgresql import EMPTY


@pytest.fixture
def database(tmp_path):
    """A file; servers have had no version but the newest."""
    one = Database(f"sqlite:///{tmp_path}/sub/gateway.db").open()
    yield one
    one.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request):
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    with (
        request.getfixturevalue("cluster").database(EMPTY) as address,
        closing(Database(address).open()) as one,
    ):
        yield one


def test_the_migrations_make_exactly_the_tables_of_the_code(either):
    """What alembic would still change is nothing."""
    schema.migrate(either, NOW)
    compared = either.read(
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), metadata
        ),
    )
    assert compared == []


@pytest.mark.parametrize("revision", ["0021", schema.HEAD])
def test_the_numbers_of_what_each_mail_adds_do_not_come_to_an_end(cluster, revision):
    """0022: of a new database and of an older one; strangers' mail alone uses up twenty a message."""
    with cluster.database(EMPTY) as address, closing(Database(address).open()) as one:
        with one.connect() as connection, connection.begin():
            schema.upgrade(connection, revision)
        schema.migrate(one, NOW)
    name = one.url.database
    columns = "select table_name from information_schema.columns where column_name = 'id' and data_type = 'bigint'"
    numbers = "select sequencename from pg_sequences where data_type = 'bigint'::regtype"
    assert sorted(cluster.sql(columns, name)) == [("attempt",), ("delivery",), ("entry",)]
    assert sorted(cluster.sql(numbers, name)) == [("attempt_id_seq",), ("delivery_id_seq",), ("entry_id_seq",)]


def test_the_head_that_the_code_names_is_the_last_migration():
    assert max(schema.known()) == schema.HEAD


def test_services_of_an_older_database_are_found_as_before(database):
    """0002: `key` is filled for the rows that there are, so nobody's service can be asked about meanwhile (R3)."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, "0001")
        connection.exec_driver_sql("insert into account values (1, 'A', 'A', 'it', 'active', 0)")
        for name in ("xn--perch-fsa.example", "HOST-12345"):
            connection.exec_driver_sql("insert into service (account_id, kind, name) values (1, 'x', ?)", (name,))
    assert schema.migrate(database, NOW)
    found = database.read(lambda c: book.holders(c, ["perché.example", "host-12345"]))
    assert sorted(one.name for one in found) == ["HOST-12345", "xn--perch-fsa.example"]


def test_attempts_of_an_older_database_stay_with_their_ticket(database):
    """0005: they are found by the reference that was named."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, "0004")
        connection.exec_driver_sql("insert into account values (1, 'A', 'A', 'it', 'active', 0)")
        connection.exec_driver_sql(
            "insert into ticket (id, ref, account_id, queue, status, subject, opened_at, updated_at)"
            " values (7, '20000-0000Q', 1, 'technical', 'open', '', '', '')"
        )
        columns = [row.name for row in connection.exec_driver_sql("pragma table_info(message)") if row.notnull]
        values = {"id": "'M1'", "disposition": "'quarantine'"}
        row = ", ".join(values.get(one, "''") for one in columns)
        insert = f"insert into message ({', '.join(columns)}) values ({row})"  # noqa: S608 - of the schema's own words
        connection.exec_driver_sql(insert)
        connection.exec_driver_sql("insert into attempt (ticket_id, message_id, found) values (7, 'M1', 'tag')")
    assert schema.migrate(database, NOW)
    kept = database.read(lambda c: c.exec_driver_sql("select ref, message_id, found from attempt").all())
    assert kept == [("20000-0000Q", "M1", "tag")]


def fill(connection):
    """A row in every table that there is, each of which refers to the others' where it can."""
    words = {"kind": "in", "state": "due", "step": "taken", "text": "a@rossi.example"}
    words |= {"confirmation.state": "open", "raw.blob": None}
    connection.exec_driver_sql("pragma defer_foreign_keys = on")
    tables = connection.exec_driver_sql("select name from sqlite_master where type = 'table'").scalars().all()
    filled = sorted(set(tables) - {"alembic_version", "sqlite_sequence"})
    for table in filled:
        names = [row.name for row in connection.exec_driver_sql(f"pragma table_info({table})")]
        columns, marks = ", ".join(f'"{one}"' for one in names), ", ".join("?" for _ in names)
        row = tuple(words.get(f"{table}.{one}", words.get(one, "1")) for one in names)
        connection.exec_driver_sql(f"insert into {table} ({columns}) values ({marks})", row)  # noqa: S608 - of the schema's own words
    return filled


def empty(database, tables):
    """Those of these tables that have no row."""
    with database.connect() as one:
        return {name for name in tables if not one.exec_driver_sql(f"select count(*) from {name}").scalar()}  # noqa: S608 - the same


@pytest.mark.parametrize("revision", sorted(schema.known() - {schema.HEAD}))
def test_a_database_with_something_in_every_table_is_migrated_and_keeps_it(database, revision):
    """A table that is made anew takes none of what refers to it along, and nothing stands in its way."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, revision)
        filled = fill(connection)
    assert schema.migrate(database, NOW)
    assert empty(database, filled) == set()
    assert database.read(lambda c: c.exec_driver_sql("pragma foreign_key_check").all()) == []
    assert database.read(lambda c: c.exec_driver_sql("pragma foreign_keys").scalar()) == 1


def test_a_row_that_would_refer_to_none_stops_the_migration(database):
    """What SQLite does not look at meanwhile is looked at before the end, and nothing is done."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, "0014")
    with database.connect() as connection:
        connection.execution_options(begin="")
        connection.exec_driver_sql("pragma foreign_keys = off")
        connection.exec_driver_sql("insert into raw values ('no message', x'31')")
    with pytest.raises(Unavailable, match="a row of raw refers to no message"):
        schema.migrate(database, NOW)
    assert database.read(schema.current) == "0014"


INTERRUPTED = """
import os, signal, sys
from gateway.store import schema
from gateway.store.database import Database

def work(connection):
    schema.upgrade(connection, "0012")
    os.kill(os.getpid(), signal.SIGKILL)

Database("sqlite:///" + sys.argv[1]).open().remake(work)
"""


def test_a_migration_that_is_killed_has_done_nothing(database):
    """It is one transaction, of tables too: the next start finds the database as it was, and migrates it."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, "0004")
        filled = fill(connection)
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, str(database.path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert database.read(schema.current) == "0004"
    assert schema.migrate(database, NOW)
    assert empty(database, filled) == set()


def test_a_migration_that_finds_no_room_has_done_nothing(database):
    """A full disk is told as one; with room it goes on from where it was."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, "0004")
        fill(connection)
        pages = connection.exec_driver_sql("pragma page_count").scalar()
    room = [pages + 2, 1_000_000]
    event.listen(database.engine, "connect", lambda one, _: one.execute(f"pragma max_page_count = {room[0]}"))
    with pytest.raises(Unavailable, match="disk is full"):
        schema.migrate(database, NOW)
    assert database.read(schema.current) == "0004"
    del room[0]
    assert schema.migrate(database, NOW)


def test_migrating_again_changes_nothing(either):
    assert schema.migrate(either, NOW)
    keys = either.read(lambda c: c.exec_driver_sql("select key from keyring").all())
    assert not schema.migrate(either, NOW)
    assert either.read(lambda c: c.exec_driver_sql("select key from keyring").all()) == keys


def test_a_database_from_the_future_is_refused_and_left_alone(either):
    """The words name both versions and what to do."""
    schema.migrate(either, NOW)
    either.write(lambda c: c.exec_driver_sql("update alembic_version set version_num = '9999'"))
    with pytest.raises(schema.WrongSchema, match=rf"9999, newer than this gateway knows \({schema.HEAD}\); install"):
        schema.migrate(either, NOW)


def test_addresses_of_an_older_version_are_found_by_who_resembles_them(database):
    """0003: each address that is there already gets its face, and each face its keys."""
    with database.connect() as connection, connection.begin():
        schema.upgrade(connection, "0002")
        for statement in (
            "insert into account values (1, 'ROSSI-001', 'Rossi', 'it', 'active', 0)",
            "insert into address values (7, 1, 'a@rossi.example', 'A@rossi.example', 1)",
            "insert into address values (9, 1, 'mario@gmail.com', 'mario@gmail.com', 0)",
        ):
            connection.exec_driver_sql(statement)
    assert schema.migrate(database, NOW)
    faces = database.read(lambda c: c.exec_driver_sql("select face from address order by id").scalars().all())
    assert faces == ["rossi.example", "mario@gmail.com"]
    for author, resembled in (("x@rosssi.example", "A@rossi.example"), ("mari0@gmail.com", "mario@gmail.com")):
        [found] = database.read(partial(likeness.resembling, author=Address.parse(author), named=()))
        assert (found.address, found.code) == (resembled, "ROSSI-001")


def test_somebody_elses_database_is_refused(either):
    either.write(lambda c: c.exec_driver_sql("create table theirs (x integer)"))
    with pytest.raises(schema.WrongSchema, match="not the gateway's"):
        schema.migrate(either, NOW)


def test_the_files_are_for_our_eyes_only(database):
    """Threats rule 17: the database, its journal and its folder."""
    schema.migrate(database, NOW)
    with database.connect() as connection, connection.begin():
        files = list(database.path.parent.iterdir())
        assert len(files) > 1
        assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert stat.S_IMODE(database.path.parent.stat().st_mode) == 0o700


def test_a_commit_is_on_disk(database):
    """I3: write-ahead log, synchronous FULL, foreign keys."""
    found = database.read(
        lambda c: [
            c.exec_driver_sql(f"pragma {one}").scalar() for one in ("journal_mode", "synchronous", "foreign_keys")
        ],
    )
    assert found == ["wal", 2, 1]


@pytest.mark.parametrize("content", [b"not a database, but long enough to look at" * 50, b""])
def test_a_file_that_is_no_database(tmp_path, content):
    """Unavailable, in words, instead of a traceback; an empty file is a new database."""
    (tmp_path / "x.db").write_bytes(content)
    database = Database(f"sqlite:///{tmp_path}/x.db").open()
    if content:
        with pytest.raises(Unavailable, match="file is not a database"):
            schema.migrate(database, NOW)
    else:
        assert schema.migrate(database, NOW)
    database.close()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="File exists"):
        Database(f"sqlite:///{tmp_path}/file/gateway.db").open()


def test_a_lock_held_by_another_process_is_unavailable(database):
    """I9: the third answer."""
    schema.migrate(database, NOW)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("begin immediate")
    with database.connect() as connection:
        connection.execution_options(begin="")
        connection.exec_driver_sql("pragma busy_timeout = 0")
        with pytest.raises(Unavailable, match="locked"), database.asking():
            connection.exec_driver_sql("begin immediate")
    other.close()
