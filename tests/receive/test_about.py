"""What a message is about, through all stations: names of other accounts' services hold it, its own go on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from gateway.core.mentions import Part
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
    policy = gateway.receiver.house.policy
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
