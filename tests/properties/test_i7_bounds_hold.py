"""I7: what a message may cost is bounded: its parsing in time, what is made of it in number, and it never raises."""

from __future__ import annotations

import time
import unicodedata
from base64 import encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.header import REFERENCES, SUBJECT_CHARACTERS
from gateway.core.message import Malformed, Message
from gateway.core.parse import parse
from gateway.core.reason import Reason

AUTHOR = b"From: anna@rossi.example\r\n"
MIXED = AUTHOR + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
PART = b"\r\n--b\r\nContent-Type: image/png\r\n\r\nx"
NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(3_000)
)
CHOICES = b"".join(
    b"Content-Type: multipart/alternative; boundary=b%d\r\n\r\n--b%d\r\n\r\nx\r\n--b%d\r\n" % ((depth,) * 3)
    for depth in range(600)
)
FLOODS = {
    "parts": MIXED + PART * 20_000,
    "delimiters": MIXED + b"--b\r\n" * 50_000,
    "depth": AUTHOR + NESTED,
    "alternatives": AUTHOR
    + CHOICES
    + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + (b"--x\r\n\r\n" + b" " * 2_500 + b".\r\n") * 780,
    "references": AUTHOR + b"References:" + b"\r\n <x@y>" * 20_000 + b"\r\n\r\nx",
    "distinct references": AUTHOR + b"References:" + b"".join(b" <%d@y>" % n for n in range(5_000)) + b"\r\n\r\nx",
    "fields": AUTHOR + b"X: y\r\n" * 50_000 + b"\r\nx",
    "folds": AUTHOR + b"Subject:" + b"\r\n x" * 50_000 + b"\r\n\r\nx",
    "subject": AUTHOR + b"Subject: " + b"=?utf-8?q?a?= " * 10_000 + b"\r\n\r\nx",
    "authors": b"From: " + b"a@b.example, " * 20_000 + b"a@b.example\r\n\r\nx",
    "brackets": b"From: " + b"(" * 50_000 + b"a@b.example\r\n\r\nx",
    "quotes": b"From: " + b'"\\' * 20_000 + b" <a@b.example>\r\n\r\nx",
    "html": AUTHOR + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000,
    "part headers": MIXED + (b"\r\n--b\r\n" + b"a:\r\n" * 15_000 + b"\r\nx") * 200,
    "attached messages": MIXED
    + (b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + b"a:\r\n" * 15_000 + b"\r\nx") * 200,
    "quoted lines": AUTHOR + b"\r\n" + b"> x\r\n" * 100_000,
}
SECONDS = 2
"""Of processor time: ten times what the slowest of them takes."""


@pytest.mark.parametrize("flood", FLOODS)
def test_i7_a_flood_is_parsed_soon_into_little(flood):
    """Each of the things that a message may have too many of."""
    start = time.process_time()
    parsed = parse(FLOODS[flood])
    assert time.process_time() - start < SECONDS
    assert len(parsed.header.subject) <= SUBJECT_CHARACTERS
    if isinstance(parsed, Message):
        assert len(parsed.body.attachments) <= 2_001  # 2,000 parts, and the rest as one
        assert len(parsed.references) <= REFERENCES
        assert len(parsed.fields) <= 2_000
    else:
        assert isinstance(parsed, Malformed)
        assert "parsing failed" not in parsed.detail


FAULTS = [IndexError, AttributeError, TypeError, UnboundLocalError, RecursionError, MemoryError]


@pytest.mark.parametrize("fault", FAULTS)
def test_i7_whatever_is_raised_is_a_malformed_message(fault):
    """The one `except Exception`: octets on which the work breaks are kept and named, and the next message goes on."""

    class Poison(bytes):
        def count(self, *_):
            raise fault

    parsed = parse(Poison(AUTHOR + b"\r\nx"))
    assert isinstance(parsed, Malformed)
    assert (parsed.reason, parsed.detail) == (Reason.MALFORMED_MESSAGE, f"parsing failed: {fault.__name__}")
    assert len(parsed.header.fingerprint) == 64


awkward = st.sampled_from(["\ud800", "\udfff", "\x1b", "\x85", "\0", "\r", "\u2028", "a", "è"])


@given(st.lists(awkward).map("".join) | st.text(), st.sampled_from(["utf-8", "utf-7", "utf-16", "cp1252"]))
def test_i7_words_can_be_stored_and_shown(text, charset):
    """Whatever the characters and however they are coded: no control character and no half of a surrogate pair."""
    octets = text.encode(charset, "surrogatepass" if charset.startswith("utf") else "replace")
    head = b"Content-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: base64\r\n\r\n" % charset.encode()
    parsed = parse(AUTHOR + head + encodebytes(octets).replace(b"\n", b"\r\n"))
    assert isinstance(parsed, Message)
    words = parsed.body.text + parsed.body.quoted + parsed.body.signature
    assert all(one in "\n\t" or unicodedata.category(one) not in {"Cc", "Cs"} for one in words)
