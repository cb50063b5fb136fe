"""Delivery reports: what comes back to a letter's own reverse-path counts, and nothing else (R6, threats rule 14)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
import structlog

from gateway.core.address import Address
from gateway.core.reference import bounce_token
from gateway.core.reply import Delivered
from gateway.store import book, letters
from house import NOW, ROSSI, letter


def report(status="5.1.1", action="failed", boundary="b1"):
    """As an MTA writes one (RFC 3464)."""
    lines = (
        "From: MAILER-DAEMON@mx.rossi.example",
        "To: bounces@example.it",
        f"Message-ID: <{boundary}@mx>",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.rossi.example",
        "",
        "Final-Recipient: rfc822; amministrazione@rossi.example",
        f"Action: {action}",
        f"Status: {status}",
        "",
        f"--{boundary}--",
        "",
    )
    return "\r\n".join(lines).encode()


async def delivered(gateway, number=1):
    """An acknowledgement that the smarthost took; its row."""
    await gateway.receive(letter(message_id=f"{number}@rossi.example"))
    (due,) = gateway.database.read(lambda c: letters.due(c, NOW.replace(year=2027), 9))
    primary = gateway.account(ROSSI).primary
    outgoing = SimpleNamespace(forward_path=primary, message_id="x@gateway.example.it")
    gateway.database.write(lambda c: letters.settle(c, due, outgoing, Delivered("250 ok"), at=NOW, next_attempt=None))
    return due.reply.row


@pytest.fixture
async def row(gateway):
    return await delivered(gateway)


def to(gateway, row):
    return (f"bounces+{bounce_token(gateway.keys, row)}@example.it",)


def shown(gateway):
    (one,) = gateway.database.read(lambda c: list(book.records(c, ROSSI)))
    return {name: one[name] for name in ("primary_working", "primary_failures")}


def failures(gateway):
    return gateway.database.read(lambda c: c.exec_driver_sql("select hard_failures from account where id = 1").scalar())


async def test_a_report_to_the_letters_own_address_fails_the_letter(gateway, row):
    receipt = await gateway.receive(report(), reverse_path="", forward_paths=to(gateway, row))
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"]) == ("discard", "delivery-report")
    assert found["report"] == {
        "recipient": "amministrazione@rossi.example",
        "status": "5.1.1",
        "action": "failed",
        "recipients": [{"recipient": "amministrazione@rossi.example", "status": "5.1.1", "action": "failed"}],
        "outbox": row,
    }
    assert gateway.outbox[0]["state"] == "failed"
    assert gateway.outbox[0]["status"].startswith("5.1.1")
    assert failures(gateway) == 1


async def test_a_report_that_comes_as_the_letter_goes_fails_it(gateway):
    """The smarthost was told no while it talked to us: of one group, what became of the letter is written first."""
    await gateway.receive(letter())
    (due,) = gateway.database.read(lambda c: letters.due(c, NOW.replace(year=2027), 9))
    outgoing = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id="x@gateway.example.it")
    sent = gateway.arrival(report(), reverse_path="", forward_paths=to(gateway, due.reply.row))
    record = await gateway.receiver.examine(sent)
    settled = gateway.store.settle(due, outgoing, Delivered("250 ok"), at=NOW, next_attempt=None)
    await asyncio.gather(settled, gateway.store.record(record))
    assert gateway.outbox[0]["state"] == "failed"
    assert failures(gateway) == 1


@pytest.mark.parametrize("name", ["To", "Delivered-To", "X-Original-To"])
async def test_a_report_in_a_mailbox_fails_its_letter_by_the_token_in_its_header(gateway, row, name):
    """There is no envelope there; the token proves as much as it does in RCPT TO, and without it nothing happens."""
    (path,) = to(gateway, row)
    for address, state in (("bounces+AAAA@example.it", "delivered"), (path, "failed")):
        raw = report(boundary=address[8:20]).replace(b"To: bounces@example.it", f"{name}: <{address}>".encode())
        await gateway.receiver(replace(gateway.arrival(raw), envelope=None))
        assert [one["state"] for one in gateway.outbox if one["id"] == row] == [state]


@pytest.mark.parametrize("path", ["bounces@example.it", "bounces+{token}x@example.it", "support@example.it"])
async def test_a_forged_report_changes_nothing(gateway, row, path):
    """Without the token of the row, what a report says has no effect; it is discarded all the same."""
    forged = path.format(token=bounce_token(gateway.keys, row))
    receipt = await gateway.receive(report(), reverse_path="", forward_paths=(forged,))
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["report"]["outbox"]) == ("discard", None)
    assert (gateway.outbox[0]["state"], failures(gateway)) == ("delivered", 0)


async def test_a_letter_fails_once_however_many_reports_come(gateway, row):
    """One token is worth one failure: it takes three letters to flag a primary."""
    for number in range(4):
        await gateway.receive(report(boundary=f"b{number}"), reverse_path="", forward_paths=to(gateway, row))
    assert failures(gateway) == 1
    assert gateway.database.read(lambda c: [one["primary_working"] for one in book.records(c, ROSSI)]) == [True]


async def test_three_letters_that_come_back_flag_the_primary(gateway):
    """R6: though the smarthost took each of them; one that does not come back clears it."""

    def working():
        return gateway.database.read(lambda c: [one["primary_working"] for one in book.records(c, ROSSI)])

    for number in range(3):
        assert working() == [True]
        row = await delivered(gateway, number)
        await gateway.receive(report(boundary=f"b{number}"), reverse_path="", forward_paths=to(gateway, row))
    assert working() == [False]
    await delivered(gateway, 4)
    assert working() == [True]


@pytest.mark.parametrize("status", ["4.4.7", "4.2.2", "5.2.2", "5.4.7", "5.3.4"])
async def test_a_failure_that_passes_fails_the_letter_and_never_alone_the_primary(gateway, status):
    """RFC 3463: a full mailbox, or a host that could not be reached, is shown and does not flag the primary."""
    for number in range(4):
        row = await delivered(gateway, number)
        await gateway.receive(report(status, boundary=f"b{number}"), reverse_path="", forward_paths=to(gateway, row))
    assert {one["state"] for one in gateway.outbox} == {"failed"}
    assert shown(gateway) == {"primary_working": True, "primary_failures": {"hard": 0, "soft": 4}}


async def test_a_passing_failure_is_no_success_either(gateway):
    """Hard failures add up across soft ones."""
    for number, status in enumerate(("5.1.1", "4.2.2", "5.1.1", "5.2.2", "5.1.10")):
        row = await delivered(gateway, number)
        await gateway.receive(report(status, boundary=f"b{number}"), reverse_path="", forward_paths=to(gateway, row))
    assert shown(gateway) == {"primary_working": False, "primary_failures": {"hard": 3, "soft": 2}}


async def test_a_delay_is_shown_and_changes_nothing_else(gateway, row):
    """RFC 3464 §2.3.3: the letter is still on its way."""
    before = gateway.outbox[0]
    await gateway.receive(report("4.4.1", "delayed"), reverse_path="", forward_paths=to(gateway, row))
    status = "4.4.1: the delivery report says that amministrazione@rossi.example is late"
    assert gateway.outbox[0] == before | {"status": status}
    assert shown(gateway) == {"primary_working": True, "primary_failures": {"hard": 0, "soft": 0}}


async def test_a_report_of_success_changes_nothing(gateway, row):
    """Nobody has asked for one (RFC 3461)."""
    before = gateway.outbox
    await gateway.receive(report("2.0.0", "delivered"), reverse_path="", forward_paths=to(gateway, row))
    assert gateway.outbox == before


async def test_what_comes_back_from_a_former_primary_says_nothing_about_the_new_one(gateway):
    """R6: true again when the address changes, and a late report does not undo it."""
    rows = [await delivered(gateway, number) for number in range(3)]
    new = Address.parse("nuovo@rossi.example")
    gateway.database.write(lambda c: book.set_primary(c, ROSSI, new, now=NOW, by="ops"))
    for number, row in enumerate(rows):
        await gateway.receive(report(boundary=f"b{number}"), reverse_path="", forward_paths=to(gateway, row))
    assert {one["state"] for one in gateway.outbox} == {"failed"}
    assert shown(gateway)["primary_working"]


async def test_ops_hear_once_that_a_primary_fails_and_once_that_it_works(gateway):
    """R6: an event each time it turns, and never a letter to anybody else."""
    rows = [await delivered(gateway, number) for number in range(4)]
    with structlog.testing.capture_logs() as logs:
        for number, row in enumerate(rows):
            await gateway.receive(report(boundary=f"b{number}"), reverse_path="", forward_paths=to(gateway, row))
    told = [(one["event"], one["log_level"], one["account"]) for one in logs if one["event"].startswith("account.")]
    assert told == [("account.primary-failing", "warning", ROSSI)]
    assert len(gateway.outbox) == 4
    ticket = gateway.tickets[0]["ref"]
    assert gateway.ticket(ticket)["primary_working"] is False


async def test_a_report_in_words_counts_like_any(gateway, row):
    """As Exim writes, from whoever, to the letter's own reverse-path: no null path is needed there."""
    words = (
        b"From: Mail <mail@mx.example>\r\nSubject: x\r\n\r\nA message that you sent could not be delivered:\r\n"
        b"  amministrazione@rossi.example\r\n    550 mailbox not found\r\n"
    )
    receipt = await gateway.receive(words, reverse_path="mail@mx.example", forward_paths=to(gateway, row))
    assert gateway.message(receipt.id)["report"]["status"] == "5.1.1"
    assert (gateway.outbox[0]["state"], failures(gateway)) == ("failed", 1)


async def test_a_report_is_told_with_the_letter_that_it_is_of(gateway, row):
    """Its line in the log has the outbox id, by which the lines of that letter, and of its message, are found."""
    with structlog.testing.capture_logs() as logs:
        await gateway.receive(report(), reverse_path="", forward_paths=to(gateway, row))
    [line] = [one for one in logs if one["event"] == "message.discard"]
    assert (line["outbox"], line["dsn"], line["action"]) == (row, "5.1.1", "failed")
