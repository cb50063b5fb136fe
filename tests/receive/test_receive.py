"""One message through all stations, over a real database."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

import house
from gateway.config import shipped
from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.letter import Letterhead
from gateway.core.reference import ticket_token
from gateway.core.reply import Kind, Reply, Words, address
from gateway.core.roster import Entry
from gateway.core.verdict import Defer
from gateway.egress.wording import Templates
from gateway.ports import Unavailable
from gateway.store import book, keys, letters
from gateway.store import tables as t
from gateway.store.dialect import renumber
from gateway.store.letters import Limits
from gateway.store.roster import import_roster
from house import ACCOUNTS, NOW, ROSSI, SMITH, letter


async def test_a_registered_author_opens_a_ticket_and_the_primary_is_told(gateway):
    """R1, R4, R5."""
    receipt = await gateway.receive(letter(more="Reply-To: eve@attack.example\r\n"))
    (ticket,) = gateway.tickets
    assert receipt.ticket == ticket["ref"]
    assert (ticket["account"], ticket["status"], ticket["entries"]) == (ROSSI, "open", 1)
    (row,) = gateway.outbox
    assert (row["account"], row["kind"], row["state"], row["recipient"]) == (ROSSI, "opened", "due", None)
    (entry,) = gateway.ticket(ticket["ref"])["history"]
    assert (entry["kind"], entry["by"], entry["text"]) == ("in", "tecnico@rossi.example", "Buongiorno.")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (letter("eve@attack.example"), "unregistered"),
        (letter(dmarc=""), "unauthenticated"),
        (letter(dmarc="fail"), "unauthenticated"),
        (letter(domain="attack.example"), "unauthenticated"),
        (letter("ufficio@studio.example"), "ambiguous-account"),
        (letter("posta@verdi.example"), "account-suspended"),
        (letter(subject="smith.example"), "service-of-another-account"),
        (letter("a@rossi.example, b@rossi.example", domain="rossi.example"), "malformed-author"),
        (letter(more="Auto-Submitted: auto-replied\r\n"), "auto-response"),
        (letter(more="List-Id: <list.rossi.example>\r\n"), "bulk"),
        (letter("support@example.it"), "loop"),
        (letter(more="Received: x\r\n" * 100), "loop"),
        (letter(text="a\rb"), "malformed-message"),
        (letter(more="X: y\r\n" * 2500), "malformed-message"),
    ],
)
async def test_who_may_not_write_opens_no_ticket_and_gets_no_mail(gateway, raw, reason):
    """R2, R3, I2, I5: each refusal has its reason, and leaves tickets and outbox empty."""
    receipt = await gateway.receive(raw)
    assert gateway.message(receipt.id)["reason"] == reason
    assert (gateway.tickets, gateway.outbox) == ([], [])


@pytest.mark.parametrize(
    ("raw", "disposition"),
    [
        (letter(text="a\rb"), "quarantine"),
        (letter(text="a\0b"), "quarantine"),
        (letter(more="X: " + "y" * 300_000 + "\r\n"), "failed"),
    ],
)
async def test_what_may_be_read_in_two_ways_is_held_and_what_is_too_much_has_failed(gateway, raw, disposition):
    """Threats rule 3: a bare CR, bare LF or NUL from a pipe is quarantined. I7: over a bound, the bytes are kept."""
    receipt = await gateway.receive(raw)
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"]) == (disposition, "malformed-message")
    assert gateway.raw(receipt.id) == raw


async def test_a_null_reverse_path_is_no_person(gateway):
    """RFC 5321 §4.5.5: quarantined as an automatic response."""
    receipt = await gateway.receive(letter(), reverse_path="")
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"], found["reverse_path"]) == ("quarantine", "auto-response", "")


def reply_address(gateway, ref, code):
    account = gateway.account(code)
    return f"support+{ref}.{ticket_token(gateway.keys, ref, account.id)}@example.it"


async def opened(gateway, author="tecnico@rossi.example"):
    return (await gateway.receive(letter(author, message_id=f"first@{author.rpartition('@')[2]}"))).ticket


async def test_each_way_of_naming_a_ticket_leads_to_it(gateway):
    """Threading: subject tag, plus-address and our Message-ID, each with an author of the ticket's account."""
    ref = await opened(gateway)
    account = gateway.account(ROSSI)
    reply = Reply("B1", account.id, ref, Kind.REPLY, Words("x", "y"))
    own_id = our_message_id(gateway, reply, account)
    ways = (
        (letter(subject=f"Re: [#{ref}] sito", message_id="2@x"), ("support@example.it",)),
        (letter(message_id="3@x"), (reply_address(gateway, ref, ROSSI).upper(),)),
        (letter(message_id="4@x", more=f"In-Reply-To: <{own_id}>\r\n"), ("support@example.it",)),
    )
    for raw, forward_paths in ways:
        assert (await gateway.receive(raw, forward_paths=forward_paths)).ticket == ref
    assert len(gateway.ticket(ref)["history"]) == 1 + len(ways)


async def test_a_rotated_key_is_seen_by_the_next_message(gateway):
    """Old letters thread until their key is retired; then their token is bad, and changes and says nothing."""
    ref = await opened(gateway)
    old = reply_address(gateway, ref, ROSSI)
    gateway.database.write(lambda c: keys.rotate(c, now=NOW, by="anna"))
    new = reply_address(gateway, ref, ROSSI)
    assert new != old
    for number, path in enumerate((old, new)):
        assert (await gateway.receive(letter(message_id=f"{number}@x"), forward_paths=(path,))).ticket == ref
    gateway.database.write(lambda c: keys.retire(c, 1, now=NOW, by="anna"))
    assert (await gateway.receive(letter(message_id="9@x"), forward_paths=(old,))).ticket not in {ref, None}


def our_message_id(gateway, reply, account):

    served = gateway.house.served
    head = Letterhead("gateway.example.it", "", served.addresses[0], served.bounces)
    return address(reply, account, head, gateway.keys, NOW).message_id


async def test_a_ticket_of_another_account_is_not_touched(gateway):
    """R3: a tag, or a leaked address, of another account's ticket is held, changes nothing, says nothing."""
    ref = await opened(gateway)
    leaked = reply_address(gateway, ref, ROSSI)
    for raw, forward_paths in (
        (letter("john@smith.example", subject=f"[#{ref}]", message_id="5@x"), ("support@example.it",)),
        (letter("john@smith.example", message_id="6@x"), (leaked,)),
    ):
        receipt = await gateway.receive(raw, forward_paths=forward_paths)
        found = gateway.message(receipt.id)
        assert (found["reason"], found["ticket"]) == ("ticket-of-another-account", None)
    assert len(gateway.ticket(ref)["history"]) == 1
    assert len(gateway.outbox) == 1


async def test_a_bad_token_changes_nothing_and_says_nothing(gateway):
    """A plus-address with a token that is not ours is the address without it, even where the ticket exists."""
    ref = await opened(gateway)
    forged = f"support+{ref}.{'a' * 26}@example.it"
    receipt = await gateway.receive(letter("john@smith.example", message_id="7@x"), forward_paths=(forged,))
    assert gateway.message(receipt.id)["disposition"] == "accept"
    assert receipt.ticket != ref


async def test_a_closed_ticket_opens_again_when_the_customer_writes(gateway):
    """R9."""
    ref = await opened(gateway)
    gateway.database.write(lambda c: c.exec_driver_sql("update ticket set status = 'closed'"))
    await gateway.receive(letter(subject=f"[#{ref}]", message_id="8@x"))
    assert gateway.ticket(ref)["status"] == "open"


async def test_a_second_copy_is_a_duplicate_with_the_ticket_of_the_first(gateway):
    """I4: another border hop does not make it another message."""
    first = await gateway.receive(letter())
    second = await gateway.receive(b"Delivered-To: support@example.it\r\n" + letter())
    found = gateway.message(second.id)
    assert (found["disposition"], found["reason"], found["ticket"]) == ("discard", "duplicate", first.ticket)
    assert len(gateway.tickets) == len(gateway.outbox) == 1


async def test_a_held_copy_suppresses_nothing(gateway):
    """I4: a stranger who sends the same content first, without evidence, does not make the genuine one a duplicate."""
    await gateway.receive(letter(dmarc="fail"))
    receipt = await gateway.receive(letter())
    assert gateway.message(receipt.id)["disposition"] == "accept"


async def test_acknowledgements_are_limited_per_account(tmp_path):
    """I6: a mail bomb opens tickets, and is told so only so often; another account is not affected."""
    with house.gateway(tmp_path, Limits(per_account=2)) as gateway:
        for number in range(4):
            await gateway.receive(letter(message_id=f"{number}@rossi.example"))
        await gateway.receive(letter("john@smith.example", message_id="x@smith.example"))
        accounts = [row["account"] for row in gateway.outbox]
        assert (accounts.count(ROSSI), accounts.count(SMITH)) == (2, 1)
        assert len(gateway.tickets) == 5


async def test_the_acknowledgement_is_in_the_account_s_language(gateway):
    """R12."""
    await gateway.receive(letter("john@smith.example"))
    await gateway.receive(letter(message_id="2@x"))
    query = "select language, text from outbox join account on account.id = account_id"
    texts = gateway.database.read(lambda c: {row.language: row.text for row in c.exec_driver_sql(query)})
    assert "we have received" in texts["en"]
    assert "richiesta" in texts["it"]


async def test_a_template_that_fails_puts_no_mail_off(gateway, tmp_path):
    """Words are ours to mend: the mail is in, and answered by the shipped letter."""
    directory = shutil.copytree(shipped("config/templates"), tmp_path / "templates")
    (directory / "it" / "opened.txt").write_text(
        "Subject: {{ tag }}\n\n{% if subject == 'Domanda' %}{{ 1 // 0 }}{% endif %}x\n"
    )
    wording = Templates.load(directory, Language)
    receipt = await gateway.examining(house=replace(gateway.house, wording=wording)).receive(letter(subject="Domanda"))
    [due] = gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=1), 9))
    assert due.reply.reference == receipt.ticket
    assert due.reply.words == gateway.house.words(Kind.OPENED, gateway.account(ROSSI), receipt.ticket, "Domanda")


async def test_the_primary_may_be_changed_by_ops_alone(gateway):
    """R7: a message changes no address, whatever it says."""
    await gateway.receive(letter(subject="Cambio indirizzo", text="Il nuovo indirizzo: eve@attack.example"))
    assert str(gateway.account(ROSSI).primary) == "amministrazione@rossi.example"
    new = gateway.account(ROSSI).primary.parse("nuova@rossi.example")
    gateway.database.write(lambda c: book.set_primary(c, ROSSI, new, now=NOW, by="ops"))
    assert gateway.account(ROSSI).primary == new


def load(gateway, *customers):
    """An import that names these beside the customers of the house, and closes or deletes the others."""
    of_house = [(code, primary) for code, _, _, primary, _ in ACCOUNTS]
    entries = [
        Entry("f", 1, code, code, Language.IT, Standing.ACTIVE, Address.parse(primary), (), ())
        for code, primary in (*of_house, *customers)
    ]
    gateway.database.write(lambda c: renumber(c, t.account))  # whom the house numbers itself
    import_roster(gateway.database, iter(entries), prune=True, dry_run=False, now=NOW, by="ops")


LAST, NEW = ("LAST-009", "info@last.example"), ("NEW-010", "altro@new.example")


@pytest.mark.parametrize("dmarc", ["pass", "fail"])
@pytest.mark.parametrize("after", [[], [NEW]])
async def test_an_account_that_goes_while_its_mail_is_decided_gets_the_mail_again(gateway, after, dmarc):
    """I2, R3: its id may be another customer's by then. It is put off whole, and decided anew."""
    load(gateway, LAST)
    record = await gateway.receiver.examine(gateway.arrival(letter(LAST[1], dmarc=dmarc)))
    load(gateway, *after)
    with pytest.raises(Unavailable, match="account LAST-009"):
        await gateway.store.record(record)
    assert (gateway.messages, gateway.tickets, gateway.outbox, gateway.balance) == ([], [], [], [])
    receipt = await gateway.receiver(record.case.arrival)
    assert gateway.message(receipt.id)["account"] is None


async def test_an_account_that_was_made_anew_meanwhile_has_another_id(gateway):
    """The code alone is not enough either."""
    load(gateway, LAST)
    record = await gateway.receiver.examine(gateway.arrival(letter(LAST[1])))
    load(gateway, NEW)
    load(gateway, NEW, LAST)
    with pytest.raises(Unavailable, match="account LAST-009"):
        await gateway.store.record(record)
    await gateway.receiver(record.case.arrival)
    assert [one["account"] for one in gateway.tickets] == ["LAST-009"]


async def test_whoever_hands_over_mail_of_an_account_that_goes_is_put_off(gateway):
    """I9: it is no fault that ends the reader of a mailbox."""
    load(gateway, LAST)

    async def examine(arrival, override=None):
        record = await gateway.receiver.examine(arrival, override)
        load(gateway, NEW)
        return record

    receipt = await replace(gateway.receiver, examine=examine)(gateway.arrival(letter(LAST[1])))
    assert isinstance(receipt.verdict, Defer)
