"""I4: a message is handled once, however often it is handed over; a stranger's copy suppresses nothing."""

from __future__ import annotations

import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

import house
from house import letter

# Each step hands over one of three messages, genuine, or as a stranger would copy it, with its own trace fields.
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(("genuine", "unproved", "guessed")), st.booleans()),
    min_size=1,
    max_size=12,
)


def handed_over(number, kind, relayed):
    trace = b"Delivered-To: support@example.it\r\n" if relayed else b""
    message_id = f"{number}@rossi.example"
    if kind == "genuine":
        return trace + letter(message_id=message_id, text=f"testo {number}")
    if kind == "unproved":  # the same content, without evidence
        return trace + letter(message_id=message_id, text=f"testo {number}", dmarc="fail")
    return trace + letter("eve@attack.example", message_id=message_id, text="altro")  # guesses the Message-ID


@settings(max_examples=40, deadline=None)
@given(STEPS)
async def test_i4_each_genuine_message_is_in_one_ticket_once(steps):
    """Whatever the order of genuine copies, unproved copies and guesses."""
    with tempfile.TemporaryDirectory() as folder, house.gateway(folder) as gateway:
        for step in steps:
            await gateway.receive(handed_over(*step))
        genuine = {number for number, kind, _ in steps if kind == "genuine"}
        texts = [entry["text"] for one in gateway.tickets for entry in gateway.ticket(one["ref"])["history"]]
        assert sorted(texts) == [f"testo {number}" for number in sorted(genuine)]
        assert len(gateway.outbox) == len(genuine)
        assert len(gateway.messages) == len(steps)
