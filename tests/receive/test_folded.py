"""Programs' answers in a ticket's thread: kept there where the policy says so, and nothing stirs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.reference import ticket_token
from house import ROSSI, letter

AUTO = "Auto-Submitted: auto-replied\r\n"


@pytest.fixture
def folding(gateway):
    return gateway.ruled(replace(gateway.house.policy, fold=True))


@pytest.fixture
async def ref(gateway):
    return (await gateway.receive(letter())).ticket


def into(gateway, ref):
    """The reply address of a ticket."""
    return (f"support+{ref}.{ticket_token(gateway.keys, ref, gateway.account(ROSSI).id)}@example.it",)


def notice(author="tecnico@rossi.example", **said):
    return letter(author, message_id="2@rossi.example", text="Torno presto.", more=AUTO, **said)


async def test_a_program_s_answer_is_a_folded_entry_and_nothing_else_stirs(folding, ref):
    """I6: no letter, no new state, no new age."""
    before = folding.ticket(ref)
    receipt = await folding.receive(notice(), reverse_path="", forward_paths=into(folding, ref))
    after = folding.ticket(ref)
    assert [entry["folded"] for entry in after["history"]] == [False, True]
    assert after["history"][1]["text"] == "Torno presto."
    assert (after["status"], after["updated_at"]) == (before["status"], before["updated_at"])
    assert len(folding.outbox) == 1
    message = folding.message(receipt.id)
    assert (message["disposition"], message["reason"], message["ticket"]) == ("accept", "auto-response", ref)


@pytest.mark.parametrize(
    ("raw", "addressed"),
    [
        (notice(dmarc="fail"), True),
        (notice("eve@attack.example"), True),
        (notice("john@smith.example"), True),
        (notice(), False),
        (letter(message_id="2@rossi.example", more="List-Id: <l.example>\r\n"), True),
    ],
    ids=["unauthenticated", "unregistered", "another account", "no token", "a list"],
)
async def test_what_may_not_enter_is_not_folded(folding, ref, raw, addressed):
    """I2: the same door as for people, and a thread of ours by its token."""
    receipt = await folding.receive(raw, forward_paths=into(folding, ref) if addressed else ("support@example.it",))
    assert folding.message(receipt.id)["disposition"] == "quarantine"
    assert len(folding.ticket(ref)["history"]) == 1


async def test_a_subject_proves_no_thread(folding, ref):
    """A tag can be typed: what names the ticket by it alone is held."""
    receipt = await folding.receive(notice(subject=f"[#{ref}] x"))
    assert folding.message(receipt.id)["disposition"] == "quarantine"


async def test_left_out_it_is_held(gateway, ref):
    """The policy that is shipped."""
    receipt = await gateway.receive(notice(), forward_paths=into(gateway, ref))
    assert gateway.message(receipt.id)["reason"] == "auto-response"
    assert gateway.message(receipt.id)["disposition"] == "quarantine"
