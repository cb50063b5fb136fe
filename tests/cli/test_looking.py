"""Commands that look leave everything as it is: no database made, migrated or written."""

from __future__ import annotations

import pytest

from cli.desk import ACCOUNTS
from gateway.store.database import Database
from gateway.store.schema import HEAD

MAIL = b"From: who@stranger.example\r\nSubject: x\r\n\r\nx\r\n"
LOOKS = (
    "messages list --json",
    "quarantine list --json",
    "tickets list --json",
    "outbox list --json",
    "queue --json",
    "accounts list --json",
    "accounts import ../accounts.yaml --dry-run",
    "explain ../mail.eml --json",
    "check",
)


def _look(desk, command):
    (desk.folder.parent / "mail.eml").write_bytes(MAIL)
    (desk.folder.parent / "accounts.yaml").write_text(ACCOUNTS)
    return desk(*command.replace("..", str(desk.folder.parent)).split())


@pytest.mark.parametrize("command", LOOKS)
def test_looking_makes_no_database(desk, command):
    """Whoever mistypes a path, or looks as root before the first start, makes nothing: what is not there is empty."""
    before = desk.files()
    done = _look(desk, command)
    assert done.code == 0, done.err
    assert desk.files() == before
    if command != "check":
        assert f"{desk.database} is not there yet" in done.err


@pytest.mark.parametrize("command", ["balance --json", "audit head --json"])
def test_nothing_is_no_balance(desk, command):
    """Its disk may not be mounted: nobody is told that all adds up, or keeps such a head."""
    before = desk.files()
    done = _look(desk, command)
    assert (done.code, done.out) == (69, b"")
    assert f"{desk.database} is not there" in done.err
    assert desk.files() == before


@pytest.mark.parametrize("command", [*LOOKS, "balance --json"])
def test_looking_changes_no_octet(desk, command):
    desk.accounts()
    before = desk.files()
    assert _look(desk, command).code == 0
    assert desk.files() == before


def test_looking_migrates_nothing(desk):
    """A newer command line beside the older daemon leaves the daemon its database."""
    desk.accounts()
    database = Database(f"sqlite:///{desk.database}").open()
    database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'"))
    database.close()
    done = desk("messages", "list")
    assert done.code == 78
    assert HEAD in done.err
