"""Failed attempts: shown to the ticket's staff, and neither heard of nor felt anywhere else."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from gateway.core.case import Override
from gateway.core.reference import ticket_token
from gateway.store import attempts, quarantine
from gateway.store import tables as t
from gateway.store.letters import Limits
from house import BIANCHI, NOW, ROSSI, letter


@pytest.fixture
async def ref(gateway):
    return (await gateway.receive(letter())).ticket


async def release(gateway, message_id):
    held = gateway.database.read(lambda c: quarantine.held(c, message_id))
    override = Override("anna", held.overrides | {held.reason})
    record = await gateway.receiver.examine(held.arrival, override)
    return gateway.database.write(lambda c: quarantine.release(c, record, override, Limits(), NOW))


@pytest.mark.parametrize(
    ("words", "found"), [({"subject": "[#{}] x"}, "tag"), ({"text": "about ticket {}"}, "text")], ids=["tag", "text"]
)
async def test_who_named_a_ticket_and_was_not_let_in_is_shown_on_it(gateway, ref, words, found):
    """When, which message, by whom, why not, and where it named the ticket."""
    given = {key: value.format(ref) for key, value in words.items()}
    receipt = await gateway.receive(letter("john@smith.example", message_id="2@x", **given))
    (attempt,) = gateway.ticket(ref)["attempts"]
    assert attempt == {
        "at": gateway.message(receipt.id)["received_at"],
        "message": receipt.id,
        "author": "john@smith.example",
        "reason": "ticket-of-another-account",
        "found": found,
    }


async def test_a_leaked_token_that_opened_nothing_is_shown(gateway, ref):
    """Threats rule 9. A bad token names nothing, and is none."""
    good = ticket_token(gateway.keys, ref, gateway.account(ROSSI).id)
    for number, token in enumerate((good, "a" * 26)):
        raw = letter("eve@attack.example", message_id=f"{number}@attack.example")
        await gateway.receive(raw, forward_paths=(f"support+{ref}.{token}@example.it",))
    assert [one["found"] for one in gateway.ticket(ref)["attempts"]] == ["plus-address"]


async def test_a_forgery_is_shown_and_the_ticket_does_not_stir(gateway, ref):
    """No entry, no change of status or age, and no mail: whoever names a ticket could otherwise move it."""
    before = gateway.ticket(ref)
    await gateway.receive(letter(dmarc="fail", subject=f"[#{ref}]", message_id="2@x"))
    after = gateway.ticket(ref)
    assert [one["reason"] for one in after.pop("attempts")] == ["unauthenticated"]
    assert before.pop("attempts") == []
    assert after == before
    assert len(gateway.outbox) == 1


async def test_what_is_let_in_is_no_attempt(gateway, ref):
    """Nor is what is released, once it is in the ticket."""
    await gateway.receive(letter(subject=f"[#{ref}]", message_id="2@x"))
    assert gateway.ticket(ref)["attempts"] == []
    held = await gateway.receive(letter(dmarc="fail", subject=f"[#{ref}]", text="y", message_id="3@x"))
    assert len(gateway.ticket(ref)["attempts"]) == 1
    await release(gateway, held.id)
    assert gateway.ticket(ref)["attempts"] == []
    assert len(gateway.ticket(ref)["history"]) == 3


async def test_what_is_released_and_refused_again_stays_an_attempt(gateway, ref):
    """Once, with the reason that it has now."""
    held = await gateway.receive(letter("john@smith.example", dmarc="fail", subject=f"[#{ref}]", message_id="2@x"))
    await release(gateway, held.id)
    assert [one["reason"] for one in gateway.ticket(ref)["attempts"]] == ["ticket-of-another-account"]


async def test_a_flood_keeps_a_hundred_and_shows_the_newest_twenty(gateway, ref):
    """Named bounds: whoever holds a tag fills neither disk nor screen; another ticket keeps its own."""
    other = (await gateway.receive(letter("info@bianchi.example", message_id="o@bianchi.example"))).ticket
    await gateway.receive(letter("john@smith.example", subject=f"[#{other}]", message_id="first@x"))
    last = ""
    for number in range(attempts.KEPT + 5):
        raw = letter("john@smith.example", subject=f"[#{ref}]", message_id=f"{number}@x", text=f"{number}")
        last = (await gateway.receive(raw)).id
    shown = gateway.ticket(ref)["attempts"]
    assert len(shown) == attempts.SHOWN
    assert shown[-1]["message"] == last
    kept = gateway.database.read(lambda c: c.execute(select(func.count()).select_from(t.attempt)).scalar())
    assert kept == attempts.KEPT + 1
    assert [one["reason"] for one in gateway.ticket(other)["attempts"]] == ["ticket-of-another-account"]
    assert gateway.ticket(other)["account"] == BIANCHI
