"""I12: the bytes that came in are kept as they came in."""

from __future__ import annotations

import hashlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import mail

# What somebody might put right: line ends, white space at the ends, octets that are no text.
awkward = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b" ", b".", b"\xff", b"From: x", b"a"]), min_size=1)
anything = st.binary(min_size=1, max_size=2000) | awkward.map(b"".join) | mail().map(lambda one: one[0])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=anything)
async def test_i12_what_is_read_back_is_what_was_received(gateway, raw):
    """Byte for byte, whatever became of the message; and the hash is over the same bytes."""
    receipt = await gateway.receive(raw)
    assert gateway.raw(receipt.id) == raw
    found = gateway.message(receipt.id)
    assert (found["sha256"], found["size"]) == (hashlib.sha256(raw).hexdigest(), len(raw))
