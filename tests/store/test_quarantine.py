"""Held messages: released through the one door, rejected, purged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.case import Override
from gateway.core.reason import Reason
from gateway.store import ledger, quarantine
from gateway.store.held import Which, found
from gateway.store.letters import Limits
from house import BEHIND, BIANCHI, NOW, ROSSI, letter


async def release(gateway, message_id, account=None):
    held = gateway.database.read(lambda c: quarantine.held(c, message_id))
    override = Override("anna", held.overrides | {held.reason}, account)
    record = await gateway.receiver.examine(held.arrival, override)
    return gateway.database.write(lambda c: quarantine.release(c, record, override, Limits(), NOW))


async def test_a_released_message_goes_the_same_way_as_any(gateway):
    """Ticket, acknowledgement, one disposition; who released it and why is in the audit."""
    held = await gateway.receive(letter(dmarc="fail"))
    recorded = await release(gateway, held.id)
    found = gateway.message(held.id)
    assert (found["disposition"], found["ticket"], found["account"]) == ("accept", recorded.ticket, ROSSI)
    assert [row["kind"] for row in gateway.outbox] == ["opened"]
    assert all(row["ok"] for row in gateway.balance)
    [act] = gateway.audit
    assert (act["by"], act["action"], act["subject"]) == ("anna", "quarantine.release", held.id)
    assert act["detail"] == "unauthenticated: accept (registered)"


async def test_a_held_message_keeps_whom_it_believed(gateway):
    """Where it came from, the trusted ids and the inner hops: a release judges it as it was judged."""
    origin = replace(BEHIND, inside=("imap.example.it", "gmail"))
    held = await gateway.receive(letter(dmarc="fail"), origin=origin)
    assert gateway.database.read(lambda c: quarantine.held(c, held.id)).arrival.origin == origin


async def test_an_ambiguous_author_is_released_for_one_of_their_own_accounts(gateway):
    """For an account that the author is on, and for no other."""
    held = await gateway.receive(letter("ufficio@studio.example"))
    refused = await release(gateway, held.id, "SMITH-001")
    assert refused.verdict.reason is Reason.UNREGISTERED
    assert gateway.tickets == []
    await release(gateway, held.id, BIANCHI)
    assert [one["account"] for one in gateway.tickets] == [BIANCHI]


@pytest.mark.parametrize(
    ("author", "reason"), [("eve@attack.example", "unregistered"), ("posta@verdi.example", "account-suspended")]
)
async def test_no_release_makes_an_account_holder_of_a_stranger(gateway, author, reason):
    """I2: an operator can stand in for evidence, never for registration or good standing."""
    held = await gateway.receive(letter(author))
    recorded = await release(gateway, held.id)
    assert recorded.verdict.reason.value == reason
    assert (gateway.tickets, gateway.outbox) == ([], [])


async def test_no_release_makes_a_message_of_what_may_be_read_in_two_ways(gateway):
    """It stays held, and is not turned into a rejection by being released."""
    held = await gateway.receive(letter(text="a\rb"))
    recorded = await release(gateway, held.id)
    assert (recorded.verdict.disposition.value, recorded.verdict.reason.value) == ("quarantine", "malformed-message")


async def test_what_is_released_for_one_reason_may_be_held_for_the_next(gateway):
    """Each reason is taken on by name."""
    held = await gateway.receive(letter(dmarc="fail", more="Auto-Submitted: auto-replied\r\n"))
    assert (await release(gateway, held.id)).verdict.reason is Reason.UNAUTHENTICATED
    assert gateway.tickets == []
    assert (await release(gateway, held.id)).ticket is not None


async def test_a_copy_that_came_with_evidence_meanwhile_makes_the_held_one_a_duplicate(gateway):
    """I4."""
    held = await gateway.receive(letter(dmarc="fail"))
    accepted = await gateway.receive(letter())
    recorded = await release(gateway, held.id)
    assert (recorded.verdict.reason, recorded.ticket) == (Reason.DUPLICATE, accepted.ticket)
    assert len(gateway.tickets) == len(gateway.outbox) == 1


async def test_a_copy_that_comes_after_the_release_is_a_duplicate(gateway):
    """I4."""
    held = await gateway.receive(letter(dmarc="fail"))
    await release(gateway, held.id)
    later = await gateway.receive(letter())
    assert gateway.message(later.id)["reason"] == "duplicate"


async def test_rejected_is_rejected_and_nobody_is_told(gateway):
    """I5."""
    held = await gateway.receive(letter("eve@attack.example"))
    gateway.database.write(lambda c: quarantine.reject(c, held.id, now=NOW, by="anna"))
    assert gateway.message(held.id)["disposition"] == "reject"
    assert gateway.outbox == []
    assert all(row["ok"] for row in gateway.balance)
    with pytest.raises(ValueError, match="not held"):
        gateway.database.write(lambda c: quarantine.reject(c, held.id, now=NOW, by="anna"))


def meant(connection, before):
    return [one for one, _ in found(connection, Which(before=before))]


async def test_purge_discards_what_is_old_and_its_bytes(gateway):
    """What came after the moment, and what is in a ticket, stays."""
    old = await gateway.receive(letter("eve@attack.example"))
    kept = await gateway.receive(letter())
    new = await gateway.receive(letter("eve@attack.example", message_id="2@x"))
    before = gateway.database.read(lambda c: quarantine.held(c, new.id)).arrival.at
    count = gateway.database.write(lambda c: quarantine.purge(c, meant(c, before), now=NOW, by="anna"))
    assert count == 1
    assert gateway.message(old.id)["disposition"] == "discard"
    with pytest.raises(LookupError):
        gateway.raw(old.id)
    assert gateway.raw(kept.id)
    assert gateway.raw(new.id)
    assert all(row["ok"] for row in gateway.database.read(ledger.balance))
