"""Erasure: what tells of a customer goes from the file, what is counted stays, and nobody else loses anything."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from gateway.core.address import Address
from gateway.core.reason import Reason
from gateway.core.reference import bounce_token
from gateway.core.reply import Deferred, Delivered, Kind
from gateway.store import audit, book, contents, desk, erase, letters, outbox, schema
from gateway.store import tables as t
from gateway.store.database import Database
from gateway.store.erase import GOES, STAYS, UNTOUCHED
from gateway.store.keys import keyring
from house import BIANCHI, NOW, ROSSI, SMITH, letter
from postgresql import file_only

TABLES = (t.account, t.address, t.likeness, t.service, t.ticket, t.message, t.raw, t.content, t.entry, t.outbox)
WORDS = "Codice Fiscale RSSMRA"
PAULO = Address.parse("Paulo.Secondo@rossi.example")


def with_files(author, text, *files, message_id):
    """A letter that brings these."""
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    head = "--b\r\nContent-Type: text/x-log\r\nContent-Disposition: attachment; filename=a.log\r\n\r\n"
    parts = "".join(f"{head}{one}\r\n" for one in files)
    body = f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n{parts}--b--"
    raw = letter(author, message_id=message_id, more=more, text=body)
    return raw.replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"\r\n", 1)


def rows(gateway, table):
    return gateway.database.read(lambda c: [tuple(row) for row in c.execute(select(table))])


def run(gateway, code=ROSSI):
    return gateway.database.write(lambda c: erase.erase(c, code, now=NOW, by="anna"))


def due(gateway):
    return gateway.database.read(lambda c: letters.due(c, NOW.replace(year=2027), 99))


def settle(gateway, one, outcome):
    code = {1: ROSSI, 2: SMITH}[one.reply.account_id]
    outgoing = SimpleNamespace(forward_path=gateway.account(code).primary, message_id="ours@gateway.example.it")
    gateway.database.write(lambda c: letters.settle(c, one, outgoing, outcome, at=NOW, next_attempt=None))


def report(row):
    lines = (
        "From: MAILER-DAEMON@mx.example",
        "Message-ID: <report@mx.example>",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
        "",
        "--r",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        "Final-Recipient: rfc822; amministrazione@rossi.example",
        "Action: failed",
        "Status: 5.1.1",
        "",
        "--r--",
        "",
    )
    return "\r\n".join(lines).encode()


@pytest.fixture
async def lived(gateway):
    """A gateway that ROSSI has dealt with in every way there is."""
    write = gateway.database.write
    write(lambda c: book.add_address(c, ROSSI, PAULO, now=NOW, by="anna"))
    accepted = await gateway.receive(
        with_files("tecnico@rossi.example", WORDS, f"{WORDS} uno", "comune", message_id="a@rossi.example")
    )
    await gateway.receive(
        with_files("john@smith.example", "Hello", "comune", message_id="b@smith.example"),
        reverse_path="john@smith.example",
    )
    for one in due(gateway):
        settle(gateway, one, Delivered("250 ok"))

    def words(account, reference, subject):
        return gateway.house.words(Kind.REPLY, account, reference, subject, WORDS)

    write(lambda c: desk.reply(c, accepted.ticket, WORDS, words, row="R1", now=NOW, by="anna"))
    write(lambda c: desk.add_note(c, accepted.ticket, WORDS, now=NOW, by="anna"))
    [first, *_] = gateway.outbox
    bounce = f"bounces+{bounce_token(gateway.keys, first['id'])}@example.it"
    await gateway.receive(report(first["id"]), reverse_path=None, forward_paths=(bounce,))
    await gateway.receive(letter("paulo.secondo@rossi.example", dmarc="fail", text=WORDS, message_id="c@x"))
    await gateway.receive(
        letter("tecnico@rosssi.example", message_id="d@x"), reverse_path="x@rosssi.example"
    )  # whose trace says whom it resembles
    return gateway


@file_only
async def test_no_trace_is_left_in_the_file(lived):
    """Addresses, names, words, attachments: in no page of the database and nowhere in its journal."""
    file, journal = lived.database.path, lived.database.path.with_name("gateway.db-wal")

    def found():
        octets = (file.read_bytes() + journal.read_bytes()).lower()
        secrets = ("@rossi.example", "rossi.example", "paulo.secondo", WORDS, "daemon@mx.example")
        return [one for one in secrets if one.lower().encode() in octets]

    assert len(found()) == 5
    run(lived)
    lived.database.compact()
    assert found() == []


async def test_what_is_counted_stays(lived):
    """The balance (I11), each message with its disposition, the history's shape, the audit's chain."""
    before, tickets, balance = lived.messages, lived.tickets, lived.balance
    told = run(lived)
    after = {one["id"]: one for one in lived.messages}
    assert all(row["ok"] for row in lived.balance)
    assert [row["received"] for row in lived.balance] == [row["received"] for row in balance]
    assert [after[one["id"]]["sha256"] for one in before] == [one["sha256"] for one in before]
    changed = [one["reason"] for one in before if after[one["id"]]["disposition"] != one["disposition"]]
    assert changed == ["unauthenticated"]  # which was held
    assert [one["ref"] for one in lived.tickets] == [one["ref"] for one in tickets]
    [mine] = [one for one in lived.tickets if one["account"] == ROSSI]
    history = lived.ticket(mine["ref"])["history"]
    assert [(one["kind"], one["by"], one["text"]) for one in history] == [
        ("in", "", ""),
        ("out", "anna", ""),
        ("note", "anna", ""),
    ]
    assert (told.messages, told.tickets, told.entries, told.letters, told.addresses) == (3, 1, 3, 2, 4)
    assert (told.services, told.mentions, told.attachments) == (1, 1, 1)


async def test_the_chain_holds_and_says_what_was_erased(lived):
    """Not broken: who added an address and when is still there, and only the words are gone."""
    kept = lived.database.read(audit.head)
    run(lived)
    found = lived.database.read(lambda c: audit.verify(c, kept.hash))
    assert (found.erased, found.broken) == (1, "")
    first, *_, last = lived.audit
    assert (first["action"], first["subject"], first["detail"]) == ("account.add-address", ROSSI, None)
    assert (last["action"], last["by"], last["subject"]) == ("account.erase", "anna", ROSSI)


async def test_an_address_that_is_part_of_anothers_takes_nothing_along(lived):
    """Who has `o@smith.example` and asks to be erased does not wipe what is written of `paolo@smith.example`."""
    write = lived.database.write
    write(lambda c: book.add_address(c, ROSSI, Address.parse("o@smith.example"), now=NOW, by="anna"))
    write(lambda c: book.add_address(c, SMITH, Address.parse("paolo@smith.example"), now=NOW, by="anna"))
    assert run(lived).details == 2  # what was added to ROSSI before, and now
    [kept] = [one["detail"] for one in lived.audit if one["subject"] == SMITH]
    assert "paolo@smith.example" in kept


async def test_capitals_beyond_ascii_are_found(lived):
    """The database folds ASCII alone, and is asked for the domain alone."""
    emile = Address.parse("Émile@rossi.example")
    for code in (SMITH, ROSSI):
        lived.database.write(lambda c, code=code: book.add_address(c, code, emile, now=NOW, by="anna"))
    lived.database.write(lambda c: book.remove_address(c, SMITH, emile, now=NOW, by="anna"))
    run(lived)
    assert [one["detail"] for one in lived.audit if one["subject"] == SMITH] == [None, None]


def test_an_account_of_many_addresses_is_erased(gateway):
    """SQLite refuses an expression over 1000 terms deep, and mail waits meanwhile: no term for each address."""
    names = [f"u{number}@x.example" for number in range(1200)]
    many = [{"account_id": 1, "key": one, "text": one.upper(), "is_primary": False} for one in names]
    gateway.database.write(lambda c: c.execute(t.address.insert(), many))
    assert run(gateway).addresses == len(many) + 3


async def test_nobody_else_loses_anything(lived):
    """Another account's ticket, letter, bytes and the attachment that both have."""
    [theirs] = [one for one in lived.tickets if one["account"] == SMITH]
    before, letter_before = lived.ticket(theirs["ref"]), [one for one in lived.outbox if one["account"] == SMITH]
    run(lived)
    assert lived.ticket(theirs["ref"]) == before
    assert [one for one in lived.outbox if one["account"] == SMITH] == letter_before
    [one] = before["history"][0]["attachments"]
    assert lived.database.read(lambda c: desk.attachment(c, theirs["ref"], one["sha256"])) == b"comune"
    assert lived.raw(before["history"][0]["message"])
    assert lived.database.write(contents.drop_unused) == 0


async def test_mail_from_its_addresses_is_a_strangers(lived):
    """The account is nobody's any more: no ticket, no letter."""
    run(lived)
    tickets = len(lived.tickets)
    receipt = await lived.receive(letter(message_id="later@rossi.example"))
    assert receipt.verdict.reason is Reason.UNREGISTERED
    assert len(lived.tickets) == tickets
    assert not due(lived)


async def test_what_may_be_another_accounts_is_listed(lived):
    """An address on two accounts, and one that has moved: named in the report, and left as they are."""
    both = await lived.receive(letter("ufficio@studio.example", message_id="both@x"))
    lived.database.write(lambda c: book.add_address(c, ROSSI, Address.parse("john@smith.example"), now=NOW, by="anna"))
    lived.database.write(
        lambda c: book.remove_address(c, SMITH, Address.parse("john@smith.example"), now=NOW, by="anna")
    )
    [moved] = [one["id"] for one in lived.messages if one["account"] == SMITH]
    told = run(lived)
    assert (told.elsewhere, set(told.listed)) == (2, {both.id, moved})
    assert lived.message(both.id)["author"] == "ufficio@studio.example"
    assert lived.message(both.id)["disposition"] == "quarantine"
    assert lived.raw(both.id)
    assert lived.account(BIANCHI).primary == Address.parse("info@bianchi.example")


TWO = "a@rossi.example, b@rossi.example"


@pytest.mark.parametrize("sender", ["tecnico@rossi.example", "TECNICO@Rossi.Example"])
async def test_mail_without_an_author_is_who_sent_it(lived, sender):
    """Nothing else of it names the customer: its bytes go with theirs."""
    sent = await lived.receive(letter(TWO, message_id="two@x"), reverse_path=sender)
    others = await lived.receive(letter(TWO, message_id="other@x"), reverse_path="x.tecnico@rossi.example")
    shared = await lived.receive(letter(TWO, message_id="both@x"), reverse_path="ufficio@studio.example")
    told = run(lived)
    assert (told.messages, told.elsewhere, told.listed) == (4, 1, (shared.id,))
    assert (lived.message(sent.id)["reverse_path"], lived.message(sent.id)["subject"]) == (None, "")
    with pytest.raises(LookupError):
        lived.raw(sent.id)
    assert lived.raw(others.id)
    assert lived.message(others.id)["reverse_path"] == "x.tecnico@rossi.example"
    assert lived.message(shared.id)["reverse_path"] == "ufficio@studio.example"


async def test_who_sent_anothers_mail_is_not_told(lived):
    """As in its trace. What nobody said is no `<>`: a held one is judged as before."""
    held = await lived.receive(letter("eve@attack.example", message_id="eve@x"), reverse_path="tecnico@rossi.example")
    assert run(lived).mentions == 2
    assert lived.message(held.id)["reverse_path"] is None
    assert lived.message(held.id)["author"] == "eve@attack.example"
    assert (await lived.store.held(held.id)).arrival.envelope.reverse_path == ""


async def test_a_letter_in_flight_leaves_no_address_behind(lived):
    """It was handed to dispatch before, and ends after: how it ended is written down, and not with whom."""
    [flying] = due(lived)
    primary = lived.account(ROSSI).primary
    run(lived)
    outgoing = SimpleNamespace(forward_path=primary, message_id="ours@gateway.example.it")
    for outcome in (Deferred(f"451 <{primary}> later"), Delivered(f"250 <{primary}> ok")):
        lived.database.write(
            lambda c, outcome=outcome: letters.settle(c, flying, outgoing, outcome, at=NOW, next_attempt=None)
        )
    [row] = [one for one in lived.outbox if one["id"] == flying.reply.row]
    assert (row["state"], row["recipient"], row["status"]) == ("delivered", None, "")


async def test_a_letter_that_was_emptied_is_not_sent_again(lived):
    """What was waiting is cancelled, and no retry brings it back without its words."""
    [one] = due(lived)
    run(lived)
    with pytest.raises(ValueError, match="no words any more"):
        lived.database.write(lambda c: outbox.retry(c, one.reply.row, now=NOW, by="anna"))
    assert due(lived) == ()


async def test_what_would_be_is_told_by_the_same_work_rolled_back(lived):
    """The same report, and nothing has changed."""
    before = {table.name: rows(lived, table) for table in TABLES}
    with lived.database.connect() as connection:
        would = erase.erase(connection, ROSSI, now=NOW, by="anna")
        connection.rollback()
    assert {table.name: rows(lived, table) for table in TABLES} == before
    assert run(lived) == would


async def test_it_may_be_run_again(lived):
    """For what came in between; what is gone is not counted twice."""
    run(lived)
    again = run(lived)
    assert (again.addresses, again.octets, again.attachments, again.details) == (0, 0, 0, 0)
    assert lived.database.read(audit.verify).broken == ""


def test_a_code_that_is_not_there_is_refused(gateway):
    """A slip of the finger erases nobody."""
    with pytest.raises(LookupError, match="no account ROSSI-01"):
        run(gateway, "ROSSI-01")


def test_of_every_table_it_is_said_what_becomes_of_it():
    """A table that is new must be looked at; a column that is new goes until it is named."""
    assert {table.name for table in [*STAYS, *GOES, *UNTOUCHED]} == set(t.metadata.tables)
    for table, names in STAYS.items():
        assert names <= {column.name for column in table.c}


KILLED = """
import sys, time
from datetime import UTC, datetime
from gateway.store import erase
from gateway.store.database import Database
def work(connection):
    erase.erase(connection, "ROSSI-001", now=datetime(2026, 11, 22, tzinfo=UTC), by="anna")
    print("in the middle", flush=True)
    time.sleep(60)
Database(sys.argv[1]).open().write(work)
"""


def test_a_kill_in_the_middle_changes_nothing(lived):
    """With everything written and nothing committed: the next run does it all."""
    before = {table.name: rows(lived, table) for table in TABLES}
    with subprocess.Popen([sys.executable, "-c", KILLED, str(lived.database.url)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"in the middle\n"
        process.send_signal(signal.SIGKILL)
    assert {table.name: rows(lived, table) for table in TABLES} == before
    assert lived.database.read(audit.verify).broken == ""
    assert run(lived).messages == 3


def test_what_is_compacted_is_the_same_database(url):
    """Its schema, its keys, and of a file its mode."""
    database = Database(url).open()
    schema.migrate(database, NOW)
    keys = database.read(keyring)
    database.compact()
    assert not schema.migrate(database, NOW)
    assert database.read(keyring) == keys
    assert database.path is None or database.path.stat().st_mode & 0o777 == 0o600
    database.close()
