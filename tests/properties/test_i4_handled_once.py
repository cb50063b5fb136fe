"""I4: a message is handled once, however often it is handed over; a stranger's copy suppresses nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import house
from gateway.store.letters import Limits
from house import letter

# Each step hands over one of three messages: genuine; as a stranger would copy it; sent on by whoever has a copy, with
# a field that no signature covers and that hides its text; another message of the customer's own under the same
# Message-ID, which broken mailers write; each with trace fields of its own or without.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(("genuine", "unproved", "guessed", "mutilated", "recycled")), st.booleans()
    ),
    min_size=1,
    max_size=12,
)
HIDES = "Content-Disposition: attachment; filename=a.bin\r\n"
OURS = {"genuine": "testo", "recycled": "altro testo"}


@pytest.fixture
def gateway(tmp_path):
    """One that acknowledges every ticket, so that acknowledgements can be counted."""
    with house.gateway(tmp_path, Limits(per_account=1_000_000)) as one:
        yield one


def handed_over(run, number, kind, relayed):
    trace = b"Delivered-To: support@example.it\r\n" if relayed else b""
    message_id = f"{run}.{number}@rossi.example"
    if kind in OURS:
        return trace + letter(message_id=message_id, text=f"{OURS[kind]} {number}")
    if kind == "unproved":  # the same content, without evidence
        return trace + letter(message_id=message_id, text=f"testo {number}", dmarc="fail")
    if kind == "mutilated":
        return trace + letter(message_id=message_id, text=f"testo {number}", more=HIDES)
    return trace + letter("eve@attack.example", message_id=message_id, text="altro")  # guesses the Message-ID


def shelves(gateway):
    return gateway.tickets, gateway.messages, gateway.outbox


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
async def test_i4_each_genuine_message_is_in_one_ticket_once(gateway, steps):
    """Whatever the order of genuine copies, unproved copies, guesses and Message-IDs used twice."""
    run, tickets, messages, letters = next(gateway.numbers), *map(len, shelves(gateway))
    for step in steps:
        await gateway.receive(handed_over(run, *step))
    mutilated = {number for number, kind, _ in steps if kind == "mutilated"}
    genuine = sorted({f"{OURS[kind]} {number}" for number, kind, _ in steps if kind in OURS})
    opened = gateway.tickets[tickets:]
    texts = [entry["text"] for one in opened for entry in gateway.ticket(one["ref"])["history"]]
    assert sorted(filter(None, texts)) == genuine
    assert len(gateway.outbox) - letters == len(opened) == len(genuine) + len(mutilated)
    assert len(gateway.messages) == messages + len(steps)
