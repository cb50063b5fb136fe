"""The audit only grows, and a chain shows what was changed behind its back."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, literal_column, select
from sqlalchemy.exc import IntegrityError

from gateway.core.chain import GENESIS
from gateway.store import audit, schema
from gateway.store import tables as t
from gateway.store.database import Database
from house import NOW, new_database
from postgresql import file_only, server_only

ACTS = (
    ("account.set-primary", "ROSSI-001", "info@rossi.example to ceo@rossi.example"),
    ("ticket.status", "20000-0000Q", "open to closed"),
    ("quarantine.purge", "3 messages", "received before 2026"),
    ("key.rotate", "2", ""),
)
REPLACING = (
    ("sqlite", "insert or replace into audit values (2, '', '', '', '', '', '')"),
    ("sqlite", "insert or replace into audit_text values (1, '', '')"),
    ("postgresql", "truncate audit cascade"),
)
BOUND = {"compile_kwargs": {"literal_binds": True}}
TRIGGERS = "select name from sqlite_schema where type = 'trigger'"


def write(database, acts=ACTS):
    for number, act in enumerate(acts):
        database.write(lambda c, act=act, number=number: audit.note(c, NOW + timedelta(hours=number), "anna", *act))


def verify(database, kept=GENESIS):
    return database.read(lambda c: audit.verify(c, kept))


def behind_its_back(path, *statements):
    """As somebody with the file and another program: no triggers, no foreign keys."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for (name,) in connection.execute(TRIGGERS).fetchall():
            connection.execute(f"drop trigger {name}")
        for statement in statements:
            connection.execute(*statement)


def test_what_was_written_verifies(database):
    """Empty, and with rows; the head is that of the last one, and any head from before is found."""
    assert verify(database) == audit.Verified(audit.Head(0, GENESIS), 0, "")
    write(database, ACTS[:2])
    before = database.read(audit.head)
    write(database, ACTS[2:])
    now = database.read(audit.head)
    assert (before.rows, now.rows) == (2, 4)
    assert [verify(database, one.hash).broken for one in (before, now)] == ["", ""]


@server_only
def test_the_chain_is_verified_in_constant_memory(database):
    """A server is asked for a page at a time, and not for years of acts at once."""
    write(database)
    cursors = []
    event.listen(database.engine, "after_cursor_execute", lambda _, cursor, *__: cursors.append(type(cursor)))
    assert verify(database).head.rows == len(ACTS)
    assert cursors[-1] is psycopg.ServerCursor


def test_the_records_are_what_was_written(database):
    """Oldest first, within the window."""
    write(database)
    found = database.read(lambda c: list(audit.records(c, audit.Window(limit=2))))
    assert [(one["id"], one["action"], one["detail"]) for one in found] == [
        (3, "quarantine.purge", "received before 2026"),
        (4, "key.rotate", ""),
    ]
    assert found[0]["hash"] != found[1]["hash"]


NEXT = {"id": 5, "at": "", "by": "", "action": "", "subject": "", "commitment": "", "hash": ""}


@pytest.mark.parametrize(
    "statement",
    [
        t.audit.update().values(by="eve").where(t.audit.c.id == 2),
        t.audit.delete().where(t.audit.c.id == 4),
        t.audit.insert().values(NEXT | {"id": 6}),
        t.audit_text.update().values(detail="").where(t.audit_text.c.audit_id == 1),
        t.audit_text.insert().values(audit_id=1, salt="", detail=""),
    ],
    ids=str,
)
def test_nothing_but_the_next_row_is_taken(database, statement):
    """A mistake of ours, or a hand in the database: refused where it happens."""
    write(database)
    with pytest.raises(IntegrityError, match="only ever added to"):
        database.write(lambda c: c.execute(statement))
    assert verify(database).broken == ""


@pytest.mark.parametrize("way", REPLACING)
def test_no_way_of_its_own_is_left_open(database, way):
    """What only one kind of database can do: put a row in the place of another, or empty a table at a stroke."""
    write(database)
    kind, statement = way
    if kind != database.engine.name:
        return
    with pytest.raises(IntegrityError, match="only ever added to"):
        database.write(lambda c: c.exec_driver_sql(statement))
    assert verify(database).broken == ""


@pytest.fixture(scope="module")
def octets(tmp_path_factory):
    """A database with the acts in it, as a file."""
    path = tmp_path_factory.mktemp("audit") / "gateway.db"
    with closing(new_database(path)) as one:
        write(one)
    behind_its_back(path)
    return path.read_bytes()


@given(
    row=st.integers(1, len(ACTS)),
    column=st.sampled_from(
        [(t.audit, one.name) for one in t.audit.c] + [(t.audit_text, one.name) for one in t.audit_text.c]
    ),
    value=st.one_of(st.text("abc019@Z:-", max_size=12), st.integers(-9, 99), st.binary(max_size=4)),
)
def test_a_change_of_any_column_of_any_row_is_named(tmp_path_factory, octets, row, column, value):
    """Whoever changes the file with other tools is seen, and the first row that does not fit is said."""
    path = tmp_path_factory.getbasetemp() / "tampered.db"
    path.write_bytes(octets)
    table, name = column
    of_row = next(iter(table.primary_key)) == row
    with closing(sqlite3.connect(path)) as connection, connection:
        reading = str(select(table.c[name]).where(of_row).compile(**BOUND))
        changing = str(table.update().where(of_row).values({name: literal_column("?")}).compile(**BOUND))
        before = connection.execute(reading).fetchone()
        try:
            connection.execute(changing, (value,))
        except sqlite3.IntegrityError:  # no number, or a number that there is: the column itself refuses
            return
        changed = connection.execute(reading).fetchone() != before
    with closing(Database(f"sqlite:///{path}").open()) as database:
        broken = verify(database).broken
        moved = name == "id" and str(value).lstrip("-").isdecimal()  # an id below 1 comes first
        first = min(row, int(value)) if moved else row
        assert (f"row {max(first, 1)} " in f"{broken} ") is changed


@file_only
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("delete from audit where id = 2", "row 2 is missing"),
        ("delete from audit where id = 1", "row 1 is missing"),
        ("update audit set id = 9 - id where id in (2, 3)", "row 2 is not as"),
        ("delete from audit_text where audit_id = 3", "detail of row 3 is gone, and no erasure"),
    ],
)
def test_rows_that_go_or_change_places_are_named(database, statement, told):
    """Not only what is changed in its place."""
    write(database)
    swap = "update audit set id = case id when 102 then 3 when 103 then 2 else id end"
    if "9 - id" in statement:
        behind_its_back(database.path, ("update audit set id = id + 100 where id in (2, 3)",), (swap,))
    else:
        behind_its_back(database.path, (statement,))
    assert told in verify(database).broken


@file_only
def test_a_tail_that_is_cut_off_is_seen_with_a_head_that_was_kept(database):
    """And only then: what is left is a whole chain."""
    write(database)
    kept = database.read(audit.head)
    behind_its_back(database.path, ("delete from audit_text where audit_id = 4",), ("delete from audit where id = 4",))
    assert verify(database).broken == ""
    assert "the end was cut off" in verify(database, kept.hash).broken


@file_only
def test_a_chain_that_was_written_anew_has_not_the_head_that_was_kept(database, tmp_path):
    """Whoever can write can hash: only what left the machine says otherwise."""
    write(database)
    kept = database.read(audit.head)
    with closing(new_database(tmp_path / "forged.db")) as forged:
        write(forged)
        assert verify(forged).broken == ""
        assert "written anew" in verify(forged, kept.hash).broken


def test_an_erased_detail_is_erased_and_not_broken(database):
    """The act that erased it says which; the rest of the row stays."""
    write(database)
    kept = database.read(audit.head)
    assert database.write(lambda c: audit.erase(c, [1, 1, 77], now=NOW, by="anna", subject="ROSSI-001")) == 1
    found = verify(database, kept.hash)
    assert (found.head.rows, found.erased, found.broken) == (5, 1, "")
    first, *_, last = database.read(lambda c: list(audit.records(c, audit.Window())))
    assert (first["action"], first["subject"], first["detail"]) == ("account.set-primary", "ROSSI-001", None)
    assert (last["action"], last["subject"], last["detail"]) == ("audit.erase", "ROSSI-001", "1")
    assert database.write(lambda c: audit.erase(c, [1], now=NOW, by="anna", subject="ROSSI-001")) == 0


@file_only
def test_an_erasure_accounts_for_nothing_that_went_after_it(database):
    """One that names rows in advance would be a licence."""
    database.write(lambda c: audit.note(c, NOW, "eve", audit.ERASED, "x", "1 2 3"))
    write(database, ACTS[:1])
    behind_its_back(database.path, ("delete from audit_text where audit_id = 2",))
    assert "row 2 is gone" in verify(database).broken


def test_writers_at_once_make_one_chain(database):
    """The daemon and the commands: each sees the last row before it adds the next."""

    def work(name):
        with closing(Database(str(database.url)).open()) as mine:
            for number in range(10):
                mine.write(lambda c, number=number: audit.note(c, NOW, name, "test.act", f"{number}", "x"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify(database)
    assert (found.head.rows, found.broken) == (30, "")


def test_acts_of_an_older_database_are_chained(tmp_path):
    """0010: in their order, with nothing of what they say lost."""
    with closing(Database(f"sqlite:///{tmp_path}/old.db").open()) as database:
        with database.connect() as connection, connection.begin():
            schema.upgrade(connection, "0009")
            for number in (3, 7):  # somebody has deleted some
                connection.exec_driver_sql(
                    "insert into audit values (?, '2026', 'anna', 'ticket.assign', 'R', ?)", (number, f"to {number}")
                )
        schema.migrate(database, NOW)
        write(database, ACTS[:1])
        found = database.read(lambda c: list(audit.records(c, audit.Window())))
        assert [(one["id"], one["detail"]) for one in found][:2] == [(1, "to 3"), (2, "to 7")]
        assert verify(database).head.rows == 3
        assert verify(database).broken == ""
