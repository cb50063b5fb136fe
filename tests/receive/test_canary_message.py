"""A canary that comes in: discarded by its own reason, whatever its evidence; a false one is mail like any."""

from __future__ import annotations

import pytest

from gateway.core.canary import canary
from gateway.core.reference import Keyring
from house import NOW, letter

NONCE = "01h000000000000000"


def mark(keys):
    return f"[canary {keys.seal('canary', NONCE)}.{NONCE}]"


@pytest.mark.parametrize("registered", [False, True])
async def test_a_canary_leaves_no_ticket_and_no_letter(gateway, registered):
    """Believed or not, and even by a customer's proved address: it is never let in."""
    head = {"hostname": "gateway.example.it", "to": "support@example.it", "forged_ids": ["mx.example.it"], "at": NOW}
    raw = letter(subject=mark(gateway.keys)) if registered else canary(gateway.keys, NONCE, **head)
    receipt = await gateway.receive(raw, reverse_path="")
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"], found["rule"]) == ("discard", "canary", "built-in")
    assert (gateway.tickets, gateway.outbox) == ([], [])


async def test_a_mark_that_is_not_ours_changes_nothing(gateway):
    """A stranger who fakes canaries makes nobody's mail disappear."""
    receipt = await gateway.receive(letter(subject=mark(Keyring((b"x" * 32,)))))
    assert gateway.message(receipt.id)["disposition"] == "accept"
