"""Command lines: the same lines however the stream is cut, and no memory for one that does not end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.lines import Lines

BOUND = 10


def taken(*pieces):
    """The lines of these pieces, each asked for as soon as it may be there; what is too long is told by its length."""
    lines, found = Lines(BOUND), []
    for piece in pieces:
        lines.feed(piece)
        while (line := lines.next()) is not None:
            found.append(line if len(line) + 2 <= BOUND else b"too long")
    return found, lines


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"abc", b"x" * 9]), max_size=12).map(b"".join))
def test_octet_by_octet_is_as_at_once(stream):
    """Only CRLF ends a line, and no cut makes one, not even in a line that is too long (RFC 5321 §2.3.8)."""
    *whole, _ = stream.split(b"\r\n")
    expected = [line if len(line) + 2 <= BOUND else b"too long" for line in whole]
    assert taken(stream)[0] == expected
    assert taken(*(bytes([octet]) for octet in stream))[0] == expected


def test_a_line_without_end_is_not_kept():
    """Memory is bounded, and what is left shows that the line was too long."""
    found, lines = taken(*[b"x" * 1000] * 100, b"\r", b"\nNOOP\r\n")
    assert found == [b"too long", b"NOOP"]
    assert taken(b"x" * 100_000)[1].rest() == b"\0" * BOUND + b"x"
    assert lines.rest() == b""


def test_the_rest_is_what_follows_the_lines():
    """Data and TLS begin where the last line has ended."""
    lines = Lines(BOUND)
    lines.feed(b"DATA\r\nfirst\r\n.")
    assert (lines.next(), lines.rest(), lines.rest()) == (b"DATA", b"first\r\n.", b"")
