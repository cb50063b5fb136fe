"""Retention: what goes when, what stays whatever its age, and what is still sound after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.core.reason import Disposition, Reason
from gateway.core.retention import BY_AGE, Retention
from gateway.core.ticket import Status
from gateway.core.times import stamp
from gateway.store import claims, desk, letters, outbox, retention
from gateway.store import tables as t
from gateway.store.retention_terms import due
from house import NOW, letter

DAY = timedelta(days=1)
MONTH = 30 * DAY
ALL = Retention(
    held=MONTH,
    reasons={Reason.BULK: 7 * DAY},
    octets=dict.fromkeys(BY_AGE, MONTH),
    tickets=60 * DAY,
    records=90 * DAY,
)
REJECTED = "a@rossi.example, b@rossi.example"
WITH_FILE = letter().partition(b"Content-Type")[0] + (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSecret words\r\n"
    b"--b\r\nContent-Disposition: attachment\r\n\r\nthe file\r\n--b--\r\n"
)


def ruled(gateway, rules):
    return gateway.ruled(replace(gateway.house.policy, retention=rules))


def sweep(gateway, rules=ALL, at=NOW):
    """One run, piece by piece; what it came to is what it was said to come to."""
    told = gateway.database.read(lambda c: due(c, rules, at))
    run = retention.Sweep(rules, at, "anna")
    while run.took(gateway.database.write(run)):
        pass
    gateway.database.read(run.look)
    while run.took(gateway.database.write(run)):
        pass
    gateway.database.write(run.end)
    assert replace(run.swept, contents=0) == told
    return run.swept


def close(gateway, reference, at=NOW):
    words = gateway.house.words
    wording = lambda account, ref, subject: words(desk.Kind.CLOSED, account, ref, subject)  # noqa: E731 - as short as it is
    gateway.database.write(
        lambda c: desk.set_status(c, reference, Status.CLOSED, wording, row=f"L{at}", now=at, by="anna")
    )


def deliver_all(gateway):
    gateway.database.write(lambda c: c.execute(update(t.outbox).values(state="delivered", next_attempt_at=None)))


def kept(gateway, message_id):
    return gateway.database.read(lambda c: c.execute(select(t.message.c.kept).filter_by(id=message_id)).scalar_one())


async def test_what_is_held_expires_at_the_end_it_was_given(gateway):
    """Discarded as `expired`, its bytes with it, and not a moment before; the scales stay level."""
    held = await ruled(gateway, ALL).receive(letter(dmarc="fail"))
    found = gateway.message(held.id)
    assert found["expires_at"] == "2026-12-22T12:00:01.000000Z"
    assert not sweep(gateway, at=NOW + MONTH)
    assert sweep(gateway, at=NOW + MONTH + DAY).expired == 1
    found = gateway.message(held.id)
    assert (found["disposition"], found["reason"], found["rule"]) == ("discard", "unauthenticated", "expired")
    assert found["expires_at"] is None
    with pytest.raises(LookupError):
        gateway.raw(held.id)
    assert all(row["ok"] for row in gateway.balance)


async def test_a_reason_may_have_a_time_of_its_own(gateway):
    """`reasons` says it; a reason kept for good never expires."""
    rules = replace(ALL, reasons={Reason.BULK: 7 * DAY, Reason.UNAUTHENTICATED: None})
    one = ruled(gateway, rules)
    bulk = await one.receive(letter(more="List-Id: <x.example>\r\nPrecedence: bulk\r\n"))
    forged = await one.receive(letter(dmarc="fail", message_id="2@x"))
    assert sweep(gateway, rules, NOW + 8 * DAY).expired == 1
    assert [gateway.message(one.id)["disposition"] for one in (bulk, forged)] == ["discard", "quarantine"]
    assert sweep(gateway, rules, NOW + 3_000 * DAY).expired == 0


async def test_what_was_held_before_has_its_time_from_the_first_sweep_on(gateway):
    """A new policy gives staff as long as it gives them for new mail: nothing goes in the hour that it is read."""
    held = await gateway.receive(letter(dmarc="fail"))
    later = NOW + 300 * DAY
    assert not sweep(gateway, at=later)
    assert gateway.message(held.id)["expires_at"] == "2027-10-18T12:00:00.000000Z"
    assert sweep(gateway, at=later + MONTH).expired == 1


async def test_an_end_that_was_given_is_not_taken_back_by_a_new_policy(gateway):
    """What a list says when it goes is so; a shorter time is for what comes."""
    held = await ruled(gateway, ALL).receive(letter(dmarc="fail"))
    sweep(gateway, replace(ALL, held=DAY), NOW + 2 * DAY)
    assert gateway.message(held.id)["disposition"] == "quarantine"


async def test_a_copy_of_what_expired_is_held_anew(gateway):
    """I4: what is gone suppresses nothing."""
    one = ruled(gateway, ALL)
    await one.receive(letter(dmarc="fail"))
    sweep(gateway, at=NOW + 31 * DAY)
    again = await one.receive(letter(dmarc="fail"))
    assert gateway.message(again.id)["disposition"] == "quarantine"


EACH = {
    Disposition.ACCEPT: letter(),
    Disposition.REJECT: letter(REJECTED, domain="rossi.example", message_id="2@x"),
    Disposition.DISCARD: letter("support@example.it", message_id="3@x"),
    Disposition.FAILED: letter(more="X: y\r\n" * 2_001, message_id="4@x"),
}


@pytest.mark.parametrize("disposition", BY_AGE)
async def test_bytes_go_by_what_became_of_the_message(gateway, disposition):
    """Each disposition has its own time, and no other is touched."""
    ids = {one: (await gateway.receive(raw)).id for one, raw in EACH.items()}
    close(gateway, gateway.tickets[0]["ref"])
    rules = Retention(octets={disposition: MONTH})
    assert not sweep(gateway, rules, NOW + MONTH)
    swept = sweep(gateway, rules, NOW + MONTH + DAY)
    assert (swept.stripped, swept.octets) == (1, len(EACH[disposition]))
    assert {one for one, message in ids.items() if kept(gateway, message) == "record"} == {disposition}
    assert gateway.message(ids[disposition])["subject"]


async def test_a_ticket_that_is_not_closed_keeps_its_messages(gateway):
    """However old they are, and whether it waits for us or for the customer."""
    accepted = await gateway.receive(letter())
    deliver_all(gateway)
    assert not sweep(gateway, at=NOW + 3_000 * DAY)
    assert gateway.raw(accepted.id)
    close(gateway, accepted.ticket)
    deliver_all(gateway)
    assert sweep(gateway, at=NOW + 3_000 * DAY).stripped == 1


async def test_a_message_that_alone_has_an_attachment_keeps_its_bytes(gateway):
    """Attachments of before contents were kept are read out of the message: the ticket has them still."""
    accepted = await gateway.receive(WITH_FILE)
    close(gateway, accepted.ticket)
    gateway.database.write(lambda c: c.exec_driver_sql("delete from content"))
    assert not sweep(gateway, Retention(octets={Disposition.ACCEPT: DAY}), NOW + MONTH)
    assert gateway.raw(accepted.id)


async def test_a_closed_ticket_forgets_what_was_said(gateway):
    """Both sides, the subject and the attachments; that there were entries, and when, stays (R9)."""
    accepted = await gateway.receive(WITH_FILE)
    close(gateway, accepted.ticket)
    deliver_all(gateway)
    swept = sweep(gateway, at=NOW + 61 * DAY)
    assert (swept.tickets, swept.contents, swept.stripped) == (1, 1, 1)
    ticket = gateway.ticket(accepted.ticket)
    assert (ticket["subject"], ticket["status"], ticket["entries"]) == ("", "closed", 1)
    assert {ticket["history"][0][name] for name in ("by", "text", "quoted", "signature")} == {""}
    assert ticket["history"][0]["attachments"] == []
    assert {(one["recipient"], one["status"]) for one in gateway.outbox} == {(None, "")}
    assert sweep(gateway, at=NOW + 62 * DAY).tickets == 0


@pytest.mark.parametrize("state", ["failed", "cancelled"])
async def test_a_letter_whose_words_are_gone_is_not_sent_again(gateway, state):
    """Nobody gets an empty letter: neither by a retry, nor from a row that is due all the same."""
    accepted = await gateway.receive(letter())
    close(gateway, accepted.ticket)
    gateway.database.write(lambda c: c.execute(update(t.outbox).values(state=state, next_attempt_at=None)))
    row = gateway.outbox[0]["id"]
    assert sweep(gateway, at=NOW + 61 * DAY).tickets == 1
    with pytest.raises(ValueError, match="no words any more"):
        gateway.database.write(lambda c: outbox.retry(c, row, now=NOW, by="anna"))
    assert gateway.outbox[0]["state"] == state
    gateway.database.write(lambda c: c.execute(update(t.outbox).values(state="due", next_attempt_at=stamp(NOW))))
    assert gateway.database.read(lambda c: letters.due(c, NOW + DAY, 9)) == ()
    assert not gateway.database.read(lambda c: claims.waiting(c, NOW + DAY, (), 1))


async def test_a_letter_that_waits_keeps_its_ticket(gateway):
    """What is still to be said is not blanked before."""
    accepted = await gateway.receive(letter())
    close(gateway, accepted.ticket)
    assert sweep(gateway, at=NOW + 61 * DAY).tickets == 0
    assert gateway.ticket(accepted.ticket)["subject"]


async def test_a_ticket_that_was_opened_again_is_forgotten_anew(gateway):
    """Open it is kept whole; closed again it has its time from then."""
    accepted = await gateway.receive(letter())
    close(gateway, accepted.ticket)
    deliver_all(gateway)
    sweep(gateway, at=NOW + 61 * DAY)
    text = f"[#{accepted.ticket}] again"
    again = gateway.arrival(letter(subject=text, text="New words", message_id="2@x"))
    again = await gateway.receiver(replace(again, at=NOW + 62 * DAY))
    assert again.ticket == accepted.ticket
    assert sweep(gateway, at=NOW + 200 * DAY).tickets == 0
    close(gateway, accepted.ticket, NOW + 201 * DAY)
    deliver_all(gateway)
    assert sweep(gateway, at=NOW + 202 * DAY).tickets == 0
    assert sweep(gateway, at=NOW + 262 * DAY).tickets == 1
    assert {one["text"] for one in gateway.ticket(accepted.ticket)["history"]} == {""}


async def test_records_tell_of_nobody_in_the_end(gateway):
    """Nothing of the sender is left in any column; what is counted is (I11), and a repetition is known again (I4)."""
    accepted = await gateway.receive(letter())
    stranger = await gateway.receive(letter("eve@attack.example", subject="Mallory", message_id="x@attack.example"))
    close(gateway, accepted.ticket)
    deliver_all(gateway)
    before = gateway.balance
    sweep(gateway, at=NOW)
    swept = sweep(gateway, at=NOW + 91 * DAY)
    assert (swept.expired, swept.stripped, swept.records) == (1, 1, 2)
    found = select(t.message).where(t.message.c.id == stranger.id)
    row = gateway.database.read(lambda c: c.execute(found).one())
    assert not [name for name, value in row._mapping.items() if "attack" in str(value) or "Mallory" in str(value)]
    assert row.trace == []
    assert row.evidence is None
    [after] = gateway.balance
    assert after == {**before[0], "quarantined": 0, "discarded": 1}
    again = await gateway.receive(letter())
    assert (gateway.message(again.id)["reason"], again.ticket) == ("duplicate", accepted.ticket)


def test_each_column_that_goes_can_be_emptied():
    """Whoever adds a column of another type says whether it stays."""
    going = [one for one in t.message.c if one.name not in retention.STAYS]
    assert set(t.message.c.keys()) >= retention.STAYS
    odd = [one.name for one in going if not one.nullable and str(one.type) not in {"VARCHAR", "JSON"}]
    assert odd == []


async def test_a_mailbox_knows_what_it_has_taken_whatever_went(gateway):
    """The ledger's rows point at messages that are still there: no row goes."""
    one = await gateway.receive(letter("support@example.it"))
    gateway.database.write(
        lambda c: c.execute(
            t.mail.insert().values(
                ingress="box", uidvalidity=1, uid=1, day="2026-11-22", step="done", message_id=one.id, sha256="x"
            )
        )
    )
    sweep(gateway, at=NOW + 300 * DAY)
    assert kept(gateway, one.id) == "count"
    [row] = gateway.database.read(lambda c: c.execute(select(t.mail)).all())
    assert (row.message_id, gateway.message(one.id)["id"]) == (one.id, one.id)


async def test_a_run_is_in_the_audit(gateway):
    """When it began to take, who said so, and what it came to; a run that takes nothing leaves no line."""
    await gateway.receive(letter("support@example.it"))
    sweep(gateway)
    sweep(gateway, at=NOW + 300 * DAY)
    rows = gateway.database.read(
        lambda c: c.execute(select(t.audit.c.by, t.audit.c.action).order_by(t.audit.c.id)).all()
    )
    assert [tuple(row) for row in rows] == [("anna", "retention.begin"), ("anna", "retention.end")]


async def test_what_was_never_said_deletes_nothing(gateway):
    """An empty policy, or one that was cut off, keeps everything for good."""
    for raw in EACH.values():
        await gateway.receive(raw)
    await gateway.receive(letter(dmarc="fail", message_id="5@x"))
    close(gateway, gateway.tickets[0]["ref"])
    deliver_all(gateway)
    assert not sweep(gateway, Retention(), NOW + 9_000 * DAY)


async def test_a_piece_of_work_is_short(gateway):
    """A transaction takes no more than so many messages, or so many octets; one that is larger goes alone."""
    for number in range(5):
        await gateway.receive(
            letter("support@example.it", text="x" * (retention.OCTETS // 3), message_id=f"{number}@x")
        )
    run = retention.Sweep(Retention(octets={Disposition.DISCARD: DAY}), NOW + MONTH, "anna")
    took, more = [], True
    while more:
        before = run.swept.stripped
        more = run.took(gateway.database.write(run))
        took.append(run.swept.stripped - before)
    assert [one for one in took if one] == [2, 2, 1]
