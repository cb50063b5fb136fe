"""Support staff at the command line: a reference as it stands in a subject, and an assignee that is nobody."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.core.reference import ticket_token
from gateway.store.database import Database
from gateway.store.keys import keyring

MAIL = (
    b"Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
    b"Received: from x by mx.example.it; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    b"From: tecnico@rossi.example\r\nMessage-ID: <1@rossi.example>\r\nSubject: x\r\n\r\nx\r\n"
)


@pytest.fixture
def ref(desk):
    desk.accounts()
    assert desk("ingest", stdin=MAIL).code == 0
    (ticket,) = desk("tickets", "list", "--json").records
    return ticket["ref"]


@pytest.mark.parametrize("written", ["[#{}]", "#{}", " {} "])
def test_a_reference_may_be_pasted(desk, ref, written):
    assert desk("tickets", "show", written.format(ref.lower()), "--json").records[0]["ref"] == ref


@pytest.mark.parametrize(("name", "assignee"), [("Anna", "Anna"), ("", None), (" ", None)])
def test_no_name_is_nobody(desk, ref, name, assignee):
    """`assignee` is null where there is none, never an empty text."""
    assert desk("tickets", "assign", ref, name).code == 0
    assert desk("tickets", "list", "--json").records[0]["assignee"] == assignee


@pytest.mark.parametrize("arguments", [["status", "closed"], ["assign", "Anna"], ["note"]])
def test_what_was_done_is_said(desk, ref, arguments):
    """Closing writes to the customer: whoever did it reads that it is done."""
    done = desk("tickets", arguments[0], ref, *arguments[1:], stdin=b"hello")
    assert done.code == 0
    assert done.out.startswith(ref.encode())


def test_a_letter_without_words_is_not_tried_again(desk, ref):
    """An account that was erased: whoever retries reads why not, and nothing is due."""
    [row] = desk("outbox", "list", "--json").records
    assert desk("accounts", "erase", "ROSSI-001", "--yes").code == 0
    done = desk("outbox", "retry", row["id"])
    assert done.code == 65
    assert "has no words any more" in done.err.splitlines()[-1]
    assert desk("outbox", "list", "--json").records[0]["state"] == "cancelled"


@pytest.mark.parametrize(
    ("account", "words"), [((), "accounts add-address"), (("--account", "NOPE"), "no account NOPE")]
)
def test_a_release_that_cannot_be_says_what_would_be_right(desk, account, words):
    desk.accounts()
    assert desk("ingest", stdin=MAIL.replace(b"tecnico@", b"nobody@")).code == 0
    (held,) = desk("quarantine", "list", "--json").records
    done = desk("quarantine", "release", held["id"], *account)
    assert done.code == 65
    assert words in done.err.splitlines()[-1]
    assert desk("quarantine", "list", "--json").records == [held]


def test_what_a_customer_writes_cannot_pass_for_staffs_words(desk):
    """Threats rule 16: a line that looks like an entry of the history stands set in, under its own author."""
    desk.accounts()
    forged = b"--- 2026-11-22T20:00:00.000000Z  note  anna\r\nAnna: give him all he asks for.\r\n"
    assert desk("ingest", stdin=MAIL + forged).code == 0
    (ticket,) = desk("tickets", "list", "--json").records
    lines = desk("tickets", "show", ticket["ref"]).out.decode().splitlines()
    assert sum(line.startswith("--- ") for line in lines) == 2  # the message itself, and the notice of its receipt
    assert "    --- 2026-11-22T20:00:00.000000Z  note  anna" in lines


def test_a_failed_attempt_is_shown_with_the_ticket(desk, ref):
    """To staff: who it was, why not, and which message it is; set apart from the history."""
    forged = MAIL.replace(b"dmarc=pass", b"dmarc=fail").replace(b"Subject: x", f"Subject: [#{ref}]".encode())
    assert desk("ingest", stdin=forged).code == 0
    (found,) = desk("tickets", "show", ref, "--json").records
    (attempt,) = found["attempts"]
    assert {name: attempt[name] for name in ("author", "reason", "found")} == {
        "author": "tecnico@rossi.example",
        "reason": "unauthenticated",
        "found": "tag",
    }
    assert len(found["history"]) == 1
    page = desk("tickets", "show", ref).out.decode()
    assert "not let in: unauthenticated  tecnico@rossi.example  (tag)" in page
    assert f"[message: {attempt['message']}]" in page


def test_staff_are_told_of_a_file_that_is_not_what_it_says(desk):
    """Threats rule 16: a program under the name of an invoice."""
    desk.accounts()
    file = b'Content-Type: application/pdf; name="fattura.pdf"\r\nContent-Disposition: attachment\r\n\r\nHello, PDF'
    parts = b"\r\n".join([b"--b", b"", b"Ecco la fattura.", b"--b", file, b"--b--", b""])
    mail = MAIL.replace(b"\r\n\r\nx\r\n", b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts)
    assert desk("ingest", stdin=mail).code == 0
    (ticket,) = desk("tickets", "list", "--json").records
    shown = desk("tickets", "show", ticket["ref"]).out.decode()
    assert "[attachment: fattura.pdf, application/pdf, 10 octets; says application/pdf, is none]" in shown


def test_staff_see_that_a_primary_does_not_work(desk, ref):
    """R6: with the ticket, before they write, and with the account."""
    assert b"come back" not in desk("tickets", "show", ref).out
    with closing(sqlite3.connect(desk.database)) as database, database:
        database.execute("update account set hard_failures = 3, soft_failures = 1")
    assert desk("tickets", "show", ref).out.startswith(b"! letters to the primary address of ROSSI-001 come back")
    assert desk("tickets", "show", ref, "--json").records[0]["primary_working"] is False
    assert b"primary failures: hard=3 soft=1" in desk("accounts", "show", "ROSSI-001").out


def test_an_enquiry_has_no_primary_that_could_be_broken(desk):
    """R2: nobody is told of letters to nobody; the reply is refused in words."""
    desk.accounts()
    (desk.folder / "own").mkdir()
    (desk.folder / "own/own.yaml").write_text("version: 1\nrules: [{name: all, when: true, then: enquiry}]\n")
    desk.config.write_text(desk.config.read_text() + "policies: own\n")
    assert desk("ingest", stdin=MAIL.replace(b"rossi.example", b"stranger.example")).code == 0
    (ticket,) = desk("tickets", "list", "--json").records
    assert b"come back" not in desk("tickets", "show", ticket["ref"]).out
    done = desk("tickets", "reply", ticket["ref"], stdin=b"hello")
    assert (done.code, "no primary address" in done.err) == (65, True)


def test_a_program_s_answer_is_one_folded_line(desk, ref):
    """Its words are not in the way of the customer's; `--json` has them."""
    with closing(Database(f"sqlite:///{desk.database}").open()) as database:
        token = ticket_token(database.read(keyring), ref, 1)
    (desk.folder / "own").mkdir()
    (desk.folder / "own/own.yaml").write_text("version: 1\nthread_auto_responses: fold\n")
    desk.config.write_text(desk.config.read_text() + "policies: own\n")
    notice = MAIL.replace(b"<1@", b"<2@").replace(b"\r\n\r\nx", b"\r\nAuto-Submitted: auto-replied\r\n\r\nAway.")
    assert desk("ingest", "--forward-path", f"support+{ref}.{token}@example.it", stdin=notice).code == 0
    (found,) = desk("tickets", "show", ref, "--json").records
    assert [(entry["folded"], entry["text"]) for entry in found["history"]] == [(False, "x"), (True, "Away.")]
    page = desk("tickets", "show", ref).out.decode()
    assert "folded: tecnico@rossi.example, 1 lines by a program" in page
    assert "Away." not in page
