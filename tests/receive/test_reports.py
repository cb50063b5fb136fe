"""Delivery reports: what comes back to a letter's own reverse-path counts, and nothing else (R6, threats rule 14)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

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
    gateway.database.write(lambda c: letters.settle(c, due, outgoing, Delivered("250 ok"), next_attempt=None))
    return due.reply.row


@pytest.fixture
async def row(gateway):
    return await delivered(gateway)


def to(gateway, row):
    return (f"bounces+{bounce_token(gateway.keys, row)}@example.it",)


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


@pytest.mark.parametrize(
    ("status", "action", "state"), [("4.4.1", "delayed", "delivered"), ("4.4.7", "failed", "failed")]
)
async def test_only_a_permanent_failure_counts_against_the_primary(gateway, row, status, action, state):
    await gateway.receive(report(status, action), reverse_path="", forward_paths=to(gateway, row))
    assert (gateway.outbox[0]["state"], failures(gateway)) == (state, 0)
