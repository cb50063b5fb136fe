"""Tickets and outbox as staff use them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from gateway.core.reply import Deferred, Delivered, Failed, Kind
from gateway.core.ticket import Status
from gateway.store import book, desk, letters, outbox
from gateway.store.listing import Window
from house import NOW, ROSSI, letter


def say(gateway, ref, text="Risolto.", row="R1"):
    def words(account, reference, subject):
        return gateway.house.words(Kind.REPLY, account, reference, subject, text)

    return gateway.database.write(lambda c: desk.reply(c, ref, text, words, row=row, now=NOW, by="anna"))


def set_status(gateway, ref, status, row="C1"):
    def words(account, reference, subject):
        return gateway.house.words(Kind.CLOSED, account, reference, subject)

    gateway.database.write(lambda c: desk.set_status(c, ref, status, words, row=row, now=NOW, by="anna"))


@pytest.fixture
async def ref(gateway):
    return (await gateway.receive(letter())).ticket


async def test_an_answer_is_an_entry_and_a_letter_at_once(gateway, ref):
    """R9: in the history with its delivery, and due for the account, which continues the customer's own message."""
    say(gateway, ref.lower())
    incoming, answer = gateway.ticket(ref)["history"]
    assert (answer["kind"], answer["by"], answer["text"], answer["delivery"]) == ("out", "anna", "Risolto.", "due")
    due = {
        one.reply.row: one.reply for one in gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=1), 9))
    }
    assert due["R1"].in_reply_to == ("m1@rossi.example",)
    assert "Risolto." in due["R1"].words.text
    assert incoming["delivery"] is None


async def test_a_hostile_message_id_is_not_reflected(gateway):
    """Threats rule 10."""
    receipt = await gateway.receive(letter(message_id="a(b)@c.example"))
    say(gateway, receipt.ticket)
    due = gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=1), 9))
    assert [one.reply.in_reply_to for one in due] == [(), ()]


async def test_closing_tells_the_customer_once(gateway, ref):
    """R5; saying it again says nothing."""
    set_status(gateway, ref, Status.CLOSED)
    set_status(gateway, ref, Status.CLOSED, row="C2")
    assert gateway.ticket(ref)["status"] == "closed"
    assert sorted(row["kind"] for row in gateway.outbox) == ["closed", "opened"]


async def test_a_note_goes_to_nobody(gateway, ref):
    gateway.database.write(lambda c: desk.add_note(c, ref, "riservato", now=NOW, by="anna"))
    assert [one["kind"] for one in gateway.ticket(ref)["history"]] == ["in", "note"]
    assert len(gateway.outbox) == 1


async def test_a_ticket_that_is_not_there(gateway):
    with pytest.raises(LookupError, match="tickets list"):
        say(gateway, "AAAAA-AAAAA")


def settle(gateway, outcome, next_attempt=None):
    (one, *_) = gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=400), 9))
    outgoing = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id="x@gateway.example.it")
    gateway.database.write(lambda c: letters.settle(c, one, outgoing, outcome, at=NOW, next_attempt=next_attempt))
    return one.reply.row


def row_of(gateway, row):
    return next(one for one in gateway.outbox if one["id"] == row)


async def test_what_is_deferred_waits_and_what_failed_can_be_tried_again(gateway, ref):
    row = settle(gateway, Deferred("451 4.3.0 later"), NOW + timedelta(minutes=1))
    assert row_of(gateway, row) | {"state": "deferred", "attempts": 1, "status": "451 4.3.0 later"} == row_of(
        gateway, row
    )
    settle(gateway, Failed("550 5.7.1 no"))
    assert (row_of(gateway, row)["state"], row_of(gateway, row)["next_attempt_at"]) == ("failed", None)
    gateway.database.write(lambda c: outbox.retry(c, row, now=NOW, by="anna"))
    settle(gateway, Delivered("250 2.0.0 ok"))
    assert (row_of(gateway, row)["state"], row_of(gateway, row)["attempts"]) == ("delivered", 3)
    with pytest.raises(ValueError, match="was delivered"):
        gateway.database.write(lambda c: outbox.retry(c, row, now=NOW, by="anna"))


async def test_what_is_cancelled_is_never_due_again(gateway, ref):
    row = gateway.outbox[0]["id"]
    gateway.database.write(lambda c: outbox.cancel(c, row, now=NOW, by="anna"))
    assert gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=400), 9)) == ()
    with pytest.raises(ValueError, match="only what is due or deferred"):
        gateway.database.write(lambda c: outbox.cancel(c, row, now=NOW, by="anna"))


async def test_a_letter_cancelled_in_flight_says_what_happened(gateway, ref):
    """A failure leaves it cancelled; a delivery is the truth and is told."""
    (one,) = gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=1), 9))
    gateway.database.write(lambda c: outbox.cancel(c, one.reply.row, now=NOW, by="anna"))
    for outcome, state in ((Deferred("451 x"), "cancelled"), (Delivered("250 ok"), "delivered")):
        gateway.database.write(
            lambda c, outcome=outcome: letters.settle(c, one, None, outcome, at=NOW, next_attempt=NOW)
        )
        assert gateway.outbox[0]["state"] == state


async def test_three_hard_failures_flag_the_primary_and_a_success_clears_it(gateway, ref):
    """R6."""

    def working():
        return gateway.database.read(lambda c: [one["primary_working"] for one in book.records(c, ROSSI)])

    for number in range(3):
        assert working() == [True]
        say(gateway, ref, row=f"R{number}")
        settle(gateway, Failed("550 5.1.1 unknown", hard=True))
    assert working() == [False]
    settle(gateway, Delivered("250 ok"))
    assert working() == [True]


async def test_lists_are_oldest_first_and_narrowed_to_the_newest(gateway):
    for number in range(4):
        await gateway.receive(letter(message_id=f"{number}@rossi.example", subject=f"n{number}"))
    tickets = gateway.database.read(lambda c: [one["subject"] for one in desk.records(c, Window(limit=2))])
    assert tickets == ["n2", "n3"]
    since = NOW + timedelta(seconds=4)
    later = gateway.database.read(lambda c: [one["subject"] for one in desk.records(c, Window(since=since))])
    assert later == ["n1", "n2", "n3"]
