"""The data state machine: the same message however the stream is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress.dot import Dot

LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x.", b"abc", b"\r", b"\n", b"\0", b"\r.\r", b"\n.\n"]))


def stuffed(lines):
    """As RFC 5321 §4.5.2 has a client do."""
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


def taken(stream, cuts, line_bound=2**20):
    dot, clean, start = Dot(line_bound), b"", 0
    for cut in [*sorted(cuts), len(stream)]:
        if dot.finished:
            return dot, clean, dot.rest + stream[start:]
        clean += dot.feed(stream[start:cut])
        start = cut
    return dot, clean, dot.rest


@given(LINES, st.binary(max_size=10), st.data())
def test_any_cut_of_the_stream_gives_the_same(lines, behind, data):
    """Octets, end, what is behind it and what was wrong do not depend on how TCP cut the stream."""
    stream = stuffed(lines) + b".\r\n" + behind
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    dot, clean, rest = taken(stream, cuts)
    whole, whole_clean, whole_rest = taken(stream, [])
    assert dot.finished
    assert whole.finished
    assert (clean, rest, dot.octets) == (whole_clean, whole_rest, len(clean))
    assert (dot.has_bare, dot.has_long_line) == (whole.has_bare, whole.has_long_line)


@given(st.lists(st.binary(max_size=20).filter(lambda line: not set(line) & set(b"\r\n\0"))), st.binary(max_size=9))
def test_unstuffing_undoes_stuffing(lines, behind):
    """What the client meant is what we keep, CRLF and all; what is behind the dot is given back."""
    dot, clean, rest = taken(stuffed(lines) + b".\r\n" + behind, [])
    assert (clean, rest, dot.has_bare) == (b"".join(line + b"\r\n" for line in lines), behind, False)


@given(st.binary(max_size=60), st.data())
def test_a_bare_cr_lf_or_nul_is_always_seen(stream, data):
    """Whatever stands before the true end is either clean CRLF text or marked (RFC 5321 §2.3.8)."""
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    dot, _, _ = taken(stream + b"\r\n.\r\n", cuts)
    before = (b"\r\n" + stream + b"\r\n.\r\n").partition(b"\r\n.\r\n")[0].replace(b"\r\n", b"")
    assert dot.has_bare == any(octet in before for octet in b"\r\n\0")


@given(st.lists(st.integers(0, 12), min_size=1), st.data())
def test_a_line_over_the_bound_is_always_seen(lengths, data):
    """Long lines are found wherever they stand and however they are cut."""
    stream = b"".join(b"x" * length + b"\r\n" for length in lengths) + b".\r\n"
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    assert taken(stream, cuts, line_bound=8)[0].has_long_line == (max(lengths) > 8)


def test_an_empty_message_is_a_message():
    """The dot may come at once."""
    dot, clean, _ = taken(b".\r\n", [1, 2])
    assert (dot.finished, clean, dot.octets) == (True, b"", 0)


def test_a_stream_without_a_line_end_is_not_held_back():
    """What is certain is given back at once: memory does not grow with the line."""
    dot = Dot(100)
    assert dot.feed(b"x" * 1000) == b"x" * 1000
    assert dot.has_long_line
