"""Mistakes of a tired operator: one clear line that says what is wrong, the right exit code, and nothing half done."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.store.database import Database

MAIL = b"From: who@stranger.example\r\nSubject: x\r\n\r\nx\r\n"


def test_text_that_is_not_utf8_is_said_to_be(desk):
    done = desk("tickets", "note", "7Q4TM-9XK2F", stdin=b"caff\xe8")
    assert (done.code, done.out) == (65, b"")
    assert "is not UTF-8 at octet 4" in done.err


@pytest.mark.parametrize(("command", "code"), [("tickets note 7Q4TM-9XK2F", 65), ("ingest", 65)])
def test_a_closed_standard_input_is_said_to_be(desk, command, code):
    done = desk(*command.split(), stdin=None)
    assert done.code == code
    assert "standard input is closed" in done.err.splitlines()[0]


def test_a_message_in_a_file_is_not_looked_for_on_standard_input(desk):
    empty = desk.folder / "empty.eml"
    empty.touch()
    done = desk("explain", str(empty))
    assert done.code == 65
    assert str(empty) in done.err.splitlines()[-1]


def _wrong_key(desk):
    desk.config.write_text("hostnam: x")


def _from_the_future(desk):
    desk.accounts()
    database = Database(f"sqlite:///{desk.database}").open()
    database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'f'"))
    database.close()


def _another_program(desk):
    with closing(sqlite3.connect(desk.database)) as other:
        other.execute("CREATE TABLE theirs(x)")


def _not_a_database(desk):
    desk.database.write_text("not a database " * 1000)


@pytest.mark.parametrize("wrong", [_wrong_key, _from_the_future, _another_program, _not_a_database])
def test_mail_from_a_pipe_is_kept_by_the_caller_whatever_is_wrong_here(desk, wrong):
    """I3: an MTA that pipes bounces 78, to a forged sender as well; 75 leaves the mail where it was."""
    wrong(desk)
    done = desk("ingest", stdin=MAIL)
    assert done.code == 75, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("wrong", "code"), [(_from_the_future, 78), (_another_program, 78), (_not_a_database, 75)])
def test_a_wrong_database_is_named(desk, wrong, code):
    wrong(desk)
    done = desk("messages", "list")
    assert (done.code, done.out) == (code, b"")
    assert str(desk.database) in done.err.splitlines()[0]


def test_a_spool_that_cannot_be_is_named(desk):
    (desk.folder / "file").touch()
    desk.config.write_text(f"{desk.config.read_text()}spool: file/spool\n")
    done = desk("run")
    assert done.code == 69
    assert done.err == f"gateway: {desk.folder}/file/spool: Not a directory\n"


def test_no_command_is_said_before_the_help(desk):
    assert desk("tickets").err.splitlines()[0] == "gateway: a command is missing"


def test_an_address_that_is_none_is_named(desk):
    desk.accounts()
    done = desk("accounts", "set-primary", "ROSSI-001", "a b@rossi.example")
    assert done.code == 65
    assert "a b@rossi.example" in done.err


@pytest.mark.parametrize("moment", ["banana", "-5d", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_is_none_is_usage(desk, moment):
    """Not on a calendar, or not on ours: 64, with what may be written."""
    done = desk("messages", "list", "--json", "--since", moment)
    assert (done.code, done.out) == (64, b"")
    assert "write 30d, 24h, 2026-11-01" in done.err


def test_ids_may_be_written_small(desk):
    """An id is read over the telephone, a reference pasted out of a subject."""
    desk.accounts()
    assert desk("ingest", stdin=MAIL).code == 0
    (held,) = desk("quarantine", "list", "--json").records
    assert desk("messages", "show", held["id"].lower(), "--json").records[0]["id"] == held["id"]
    assert desk("messages", "raw", f" {held['id'].lower()}").out == MAIL
    assert desk("quarantine", "reject", held["id"].lower()).code == 0


@pytest.mark.parametrize("section", ["[]", "0", "''", "false"])
def test_dispositions_of_another_type_are_refused(desk, section):
    """What is not a mapping is a mistake, not silence."""
    (desk.folder / "policies").mkdir()
    (desk.folder / "policies" / "own.yaml").write_text(f"version: 1\ndispositions: {section}\n")
    desk.config.write_text(f"{desk.config.read_text()}policies: policies\n")
    done = desk("check")
    assert done.code == 78
    assert b"own.yaml:2: dispositions: is not a mapping" in done.out
