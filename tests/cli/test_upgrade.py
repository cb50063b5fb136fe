"""A database of every released version is taken on whole; one of a newer version is left alone, in one line."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.schema import HEAD

RELEASES = sorted((Path(__file__).parents[1] / "store" / "releases").glob("*.sql"))
COMMANDS = (
    ["run"],
    ["check"],
    ["migrate"],
    ["accounts", "list"],
    ["accounts", "set-primary", "ROSSI-001", "tecnico@rossi.example"],
    ["messages", "list"],
    ["tickets", "list"],
    ["quarantine", "list"],
    ["quarantine", "purge"],
    ["outbox", "list"],
    ["balance"],
    ["keys", "rotate"],
    ["audit", "verify"],
    ["backup", "copy"],
)


def counts(file):
    """How many rows each table has."""
    with closing(sqlite3.connect(file)) as one:
        tables = {name for (name,) in one.execute("select name from sqlite_master where type = 'table'")}
        rows = tables - {"alembic_version", "sqlite_sequence"}
        return {name: one.execute(f"select count(*) from {name}").fetchone()[0] for name in rows}  # noqa: S608 - its own words


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_what_a_released_version_kept_is_there_and_read(desk, release):
    """Every row of it; and mail, tickets, letters, accounts, keys and audit by the commands of today."""
    with closing(sqlite3.connect(desk.database)) as old:
        old.executescript(release.read_text())
    before = counts(desk.database)
    assert desk("migrate").code == 0
    assert {name: number for name, number in before.items() if counts(desk.database).get(name, 0) < number} == {}

    messages = desk("messages", "list", "--json").records
    assert [(one["disposition"], one["account"]) for one in messages] == [("accept", "ROSSI-001"), ("quarantine", None)]
    assert b"\r\nMessage-ID: <m1@rossi.example>\r\n" in desk("messages", "raw", messages[0]["id"]).out
    [ticket] = desk("tickets", "show", messages[0]["ticket"], "--json").records
    assert [(one["kind"], one["text"]) for one in ticket["history"]] == [
        ("in", "Buongiorno."),
        ("out", "Risponde di nuovo."),
        ("note", "Era il DNS."),
    ]
    assert [one["filename"] for one in ticket["history"][0]["attachments"]] == ["log.bin"]
    assert [one["state"] for one in desk("outbox", "list", "--json").records] == ["due", "due"]
    assert desk("accounts", "show", "SMITH-002", "--json").records[0]["primary"] == "admin@smith.example"
    assert len(desk("keys", "list", "--json").records) == 1
    assert [desk(*command).code for command in (["audit", "verify"], ["balance"])] == [0, 0]


def test_the_version_of_today_is_written_down():
    """`make release` has run, and last thing before its date: or a tag would be one that nothing is tested against."""
    from gateway import __version__  # noqa: PLC0415 - of this one test

    [today] = [release.read_text() for release in RELEASES if release.stem == __version__]
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
    assert (
        f"## [{__version__}] - Unreleased\n" in changes or f"INSERT INTO \"alembic_version\" VALUES('{HEAD}')" in today
    )


def test_a_newer_database_is_refused_by_each_command_and_left_as_it_is(desk):
    """78 and one line, with both versions and what to do; nothing of it is touched."""
    desk.accounts()
    with closing(sqlite3.connect(desk.database)) as one, one:
        one.execute("update alembic_version set version_num = '9999'")
    before = counts(desk.database)
    for command in COMMANDS:
        done = desk(*command)
        lines = [line for line in (done.out.decode() + done.err).splitlines() if "9999" in line]
        assert (done.code, len(lines)) == (78, 1), (command, done)
        assert HEAD in lines[0]
        assert "install the newer gateway" in lines[0]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # that `run` would take on after its start
    assert counts(desk.database) == before
    mail = desk("ingest", "--forward-path", "support@example.it", stdin=b"From: a@b.example\r\n\r\n")
    assert (mail.code, "9999" in mail.err) == (75, True)  # the MTA keeps it meanwhile
