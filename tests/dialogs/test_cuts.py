"""However TCP cuts what a client says, the session is the same: replies, messages, and where it ends."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from dialog import Receiver
from hypothesis import given, settings
from hypothesis import strategies as st
from pipe import ends, open_session, says

from gateway.ingress.settings import Bounds

BOUNDS = Bounds(message=200, line=60, command=40, errors=4, memory=10**6)

COMMANDS = [
    *[b"EHLO c", b"HELO c", b"LHLO c", b"MAIL FROM:<a@b.example>", b"MAIL FROM:<> SIZE=999", b"DATA", b"RSET", b"NOOP"],
    *[b"RCPT TO:<support@example.it>", b"RCPT TO:<bounces@example.it>", b"RCPT TO:<x@y.example>", b"QUIT", b"FOO", b""],
    *[b"NOOP\0", b"NOOP\nQUIT", b"NOOP\rQUIT", b"\r", b"NOOP " + b"x" * 33, b"NOOP " + b"x" * 34],
    b"x" * 39 + b"\r" + b"y" * 9 + b"\nQUIT",  # a CR at the bound, and later a bare LF
]
WAY = [b"EHLO c", b"MAIL FROM:<a@b.example>", b"RCPT TO:<support@example.it>", b"DATA"]
LINES = [b"x", b"", b"..", b".x", b"x\ny", b"x\r.\ry", b"\n.\n", b"x" * 61, b"x" * 50, b"QUIT", b"MAIL FROM:<>"]


def messages(lines):
    """The way to the data, the data, the dot."""
    return [*WAY, *lines, b"."]


STREAMS = st.lists(
    st.one_of(
        st.lists(st.sampled_from(COMMANDS), max_size=6),
        st.lists(st.sampled_from(LINES), max_size=6).map(messages),
        st.lists(st.sampled_from(LINES), max_size=3),
    ),
    max_size=5,
).map(lambda parts: b"".join(line + b"\r\n" for part in parts for line in part))


def heard(stream, cuts, protocol):
    """What a client hears who says this in pieces and then closes its half, and what became a message."""

    async def story():
        receiver = Receiver()
        session, pipe = open_session(receiver, BOUNDS, protocol=protocol)
        bounds = [0, *sorted(cuts), len(stream)]
        await says(session, pipe, *(stream[start:end] for start, end in pairwise(bounds) if end > start))
        await ends(session, pipe)
        return pipe.written, [(one.raw, one.envelope) for one in receiver.arrivals]

    return asyncio.run(story())


@settings(deadline=None)
@given(STREAMS, st.sampled_from(["smtp", "lmtp"]), st.data())
def test_any_cut_is_heard_alike(stream, protocol, data):
    """At once, in random pieces, octet by octet: the same replies to the last octet, the same messages."""
    protocol_stream = stream.replace(b"EHLO", b"LHLO") if protocol == "lmtp" else stream
    cuts = data.draw(st.lists(st.integers(0, len(protocol_stream)), max_size=12))
    at_once = heard(protocol_stream, [], protocol)
    assert heard(protocol_stream, cuts, protocol) == at_once
    assert heard(protocol_stream, range(1, len(protocol_stream)), protocol) == at_once
