"""`gateway accounts erase`: told first, done with --yes."""

from __future__ import annotations

import pytest

MAIL = (
    b"Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
    b"Received: from x by mx.example.it\r\n"
    b"From: tecnico@rossi.example\r\nTo: support@example.it\r\nSubject: Rinnovo\r\nMessage-ID: <1@rossi.example>\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n\r\nBuongiorno.\r\n"
)


@pytest.fixture
def desk(desk):
    """With one account and one held message of it."""
    desk.accounts()
    assert desk("ingest", stdin=MAIL).code == 0
    return desk


def rows(desk):
    return [desk(*words, "--json").out for words in (("accounts", "list"), ("messages", "list"), ("audit", "list"))]


def test_without_yes_nothing_changes(desk):
    """What would go and what would stay is said; one word more does it."""
    before = rows(desk)
    done = desk("accounts", "erase", "ROSSI-001")
    assert done.code == 0
    assert done.out.startswith(b"ROSSI-001: would be erased: its name, 2 addresses, 0 services, 1 messages")
    assert done.out.endswith(b"nothing was changed; `--yes` erases\n")
    assert rows(desk) == before


def test_yes_erases_and_the_file_has_nothing_left(desk):
    """The same counts; the balance and the audit are whole; and it may be done again."""
    [would] = desk("accounts", "erase", "ROSSI-001", "--json").records
    [done] = desk("accounts", "erase", "ROSSI-001", "--yes", "--json").records
    assert (would.pop("done"), done.pop("done")) == (False, True)
    assert done == would
    assert b"rossi.example" not in b"".join(desk.files()[path] for path in desk.folder.glob("gateway.db*"))
    assert [desk(*words).code for words in (("audit", "verify"), ("balance",))] == [0, 0]
    [message] = desk("messages", "list", "--json").records
    assert (message["account"], message["author"], message["subject"]) == ("ROSSI-001", None, "")
    assert desk("accounts", "erase", "ROSSI-001", "--yes").code == 0


def test_the_next_import_neither_fails_nor_brings_it_back(desk):
    """Left out of the file, with and without --prune; in the file it is a customer again."""
    desk("accounts", "erase", "ROSSI-001", "--yes")
    file = desk.folder / "others.yaml"
    file.write_text("accounts:\n  - {code: SMITH-001, name: Smith, language: en, primary: office@smith.example}\n")
    for options in ((), ("--prune",)):
        assert desk("accounts", "import", str(file), *options).code == 0
        assert [one["code"] for one in desk("accounts", "list", "--json").records] == ["SMITH-001"]
    desk.accounts()
    [rossi] = desk("accounts", "show", "tecnico@rossi.example", "--json").records
    assert (rossi["status"], rossi["name"]) == ("active", "Rossi")


def test_a_code_that_is_not_there(desk):
    """Bad data, in one line."""
    done = desk("accounts", "erase", "ROSSI-01", "--yes")
    assert (done.code, "no account ROSSI-01" in done.err) == (65, True)
