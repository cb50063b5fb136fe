"""What a message is about, through all stations: names of other accounts' services hold it, its own go on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from gateway.core.mentions import Part
from gateway.core.reference import MENTIONS, make_reference
from gateway.store import tables as t
from house import letter

HELD = "service-of-another-account"
FILE = 'MIME-Version: 1.0\r\nContent-Disposition: attachment; filename="smith.example.zone"\r\n'


@pytest.fixture
def held_by(gateway):
    """Gives an account another service."""

    def give(account, kind, name):
        row = {"account_id": account, "kind": kind, "name": name, "key": name.lower()}
        gateway.database.write(lambda connection: connection.execute(insert(t.service).values(row)))

    return give


async def reason(gateway, raw):
    receipt = await gateway.receive(raw)
    return gateway.message(receipt.id)["reason"]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (letter(text="www.smith[.]example"), HELD),
        (letter(text="la password di office@smith.example"), HELD),
        (letter(more=FILE), HELD),
        (letter(text="Il server host-12345 è giù"), HELD),
        (letter(text="www.rossi.example, tecnico@rossi.example, nobody.example, HOST-99999"), "registered"),
        (letter(text="Mio.\r\n\r\nIl 1/1/2026 Anna ha scritto:\r\n> smith.example"), "registered"),
        (letter(text="Mio.\r\n-- \r\nsmith.example"), "registered"),
    ],
)
async def test_a_name_of_another_account_holds_the_message(gateway, held_by, raw, wanted):
    """R3; what the account holds itself, what nobody holds and what is only quoted goes on."""
    held_by(2, "hosting", "HOST-12345")
    assert await reason(gateway, raw) == wanted


@pytest.mark.parametrize(
    ("part", "raw"),
    [
        (Part.QUOTED, letter(text="Mio.\r\n\r\nIl 1/1/2026 Anna ha scritto:\r\n> smith.example")),
        (Part.SIGNATURE, letter(text="Mio.\r\n-- \r\nsmith.example")),
        (Part.SUBJECT, letter(subject="smith.example")),
    ],
)
async def test_a_policy_says_which_parts_count(gateway, part, raw):
    """What it names counts, and nothing else does."""
    policy = gateway.house.policy
    assert await reason(gateway.ruled(replace(policy, about=frozenset({Part.ATTACHMENTS}))), raw) == "registered"
    other = raw.replace(b"m1@", b"m2@")
    assert await reason(gateway.ruled(replace(policy, about=frozenset({part}))), other) == HELD


async def test_the_nearest_holder_is_meant(gateway, held_by):
    """Who holds shop.smith.example may name it, and not smith.example."""
    held_by(1, "domain", "shop.smith.example")
    assert await reason(gateway, letter(text="www.shop.smith.example")) == "registered"
    assert await reason(gateway, letter(text="smith.example", message_id="2@x")) == HELD


async def test_a_name_that_both_hold_is_the_author_s_own(gateway, held_by):
    """Another account may host the site of a domain that is the author's."""
    held_by(2, "hosting", "rossi.example")
    assert await reason(gateway, letter(text="rossi.example")) == "registered"


async def test_the_trace_tells_what_was_named_and_who_holds_it(gateway):
    receipt = await gateway.receive(letter(text="rossi.example smith.example nobody.example"))
    told = dict(gateway.message(receipt.id)["trace"])["about"]
    assert "domain rossi.example (held by ROSSI-001, the sender's)" in told
    assert "domain smith.example (held by SMITH-001, not the sender's)" in told
    assert told.endswith("besides nobody.example")


async def test_a_ticket_in_the_text_is_a_claim_as_a_tag_is(gateway):
    """R3, I10: another account's and none at all are held alike, and only the operator reads which it was."""
    ref = (await gateway.receive(letter())).ticket
    for number, reference in enumerate((ref, make_reference(2**40))):
        raw = letter("john@smith.example", text=f"about ticket {reference}", message_id=f"{number}@smith.example")
        assert await reason(gateway, raw) == "ticket-of-another-account"
    assert len(gateway.ticket(ref)["history"]) == 1


async def test_an_own_ticket_in_the_text_threads_behind_the_stronger_kinds(gateway):
    """A subject tag says more about where a message belongs than a word in its text."""
    first = (await gateway.receive(letter())).ticket
    second = (await gateway.receive(letter(message_id="2@x"))).ticket
    receipt = await gateway.receive(letter(text=f"Rif. {first}", message_id="3@x"))
    assert receipt.ticket == first
    receipt = await gateway.receive(letter(subject=f"[#{second}]", text=f"Rif. {first}", message_id="4@x"))
    assert receipt.ticket == second


async def test_more_references_than_can_be_looked_up_are_held(gateway):
    """Five hundred of nobody's are no place to hide another account's behind."""
    text = " ".join(f"#{make_reference(number + 2**40)}" for number in range(MENTIONS + 1))
    receipt = await gateway.receive(letter(text=text))
    assert gateway.message(receipt.id)["disposition"] == "quarantine"
    assert "too much" in dict(gateway.message(receipt.id)["trace"])["about"]
