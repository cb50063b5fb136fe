"""The MIME walker: an iterative reading with bounds, where nothing is dropped."""

import pytest

from gateway.core.fields import split
from gateway.core.mime import HEADERS_OCTETS, OPAQUE, PARTS, content, walk


def parts_of(raw: bytes):
    header = split(raw)
    return walk(raw, header.fields, header.body)


def leaves(raw: bytes):
    parts = parts_of(raw)
    parents = {part.parent for part in parts}
    return [(part.head.kind, content(raw, part)) for index, part in enumerate(parts) if index not in parents]


MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def test_parts_are_told_apart_without_their_last_line_end():
    """RFC 2046 §5.1.1: the line end before a delimiter belongs to it."""
    raw = MIXED + b"preamble\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n\r\n--b--\r\nepilogue"
    assert leaves(raw) == [("text/plain", b"one"), ("text/html", b"two\r\n")]


@pytest.mark.parametrize("line", [b"--bb", b"--b-", b"--bx--", b"---b", b" --b"])
def test_a_prefix_of_a_line_is_no_delimiter(line):
    """The whole line counts."""
    raw = MIXED + b"--b\r\n\r\none\r\n" + line + b"\r\ntwo\r\n--b--\r\n"
    assert leaves(raw) == [("text/plain", b"one\r\n" + line + b"\r\ntwo")]


def test_white_space_after_a_delimiter_is_padding():
    """RFC 2046 §5.1.1."""
    assert leaves(MIXED + b"--b \t\r\n\r\none\r\n--b-- \r\n") == [("text/plain", b"one")]


def test_a_missing_close_delimiter_ends_with_the_message():
    """Cut mails are common."""
    assert leaves(MIXED + b"--b\r\n\r\none\r\n") == [("text/plain", b"one\r\n")]


def test_an_outer_delimiter_ends_what_is_open_inside():
    """A missing inner close delimiter swallows nothing of what follows."""
    inner = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n"
    assert leaves(MIXED + inner + b"--b\r\n\r\ntwo\r\n--b--\r\n") == [("text/plain", b"one"), ("text/plain", b"two")]


def test_a_part_without_an_empty_line_has_no_body():
    """Its delimiter ends its header."""
    assert leaves(MIXED + b"--b\r\nContent-Type: text/html\r\n--b--\r\n") == [("text/html", b"")]


def test_a_multipart_without_any_delimiter_is_text():
    """What it holds is not lost."""
    assert leaves(MIXED + b"just text\r\n") == [("text/plain", b"just text\r\n")]


def test_parts_in_a_digest_are_messages_by_default():
    """RFC 2046 §5.1.5."""
    assert leaves(MIXED.replace(b"mixed", b"digest") + b"--b\r\n\r\nA: b\r\n--b--\r\n")[0][0] == "message/rfc822"


def test_a_message_inside_is_a_leaf():
    """It is not ours to read: its author is not the author."""
    raw = MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x\r\n\r\ny\r\n--b--\r\n"
    assert leaves(raw) == [("message/rfc822", b"From: x\r\n\r\ny")]


def test_beyond_the_parts_the_rest_is_one_opaque_leaf():
    """Nothing is dropped over a bound."""
    found = leaves(MIXED + b"--b\r\n\r\nx\r\n" * (PARTS + 500))
    assert len(found) == PARTS
    assert found[-1][0] == OPAQUE
    assert found[-1][1].count(b"x") == 501


def test_beyond_the_headers_of_all_parts_the_rest_is_one_opaque_leaf():
    """A thousand part headers of 64 KiB are each within their bound, and took eleven seconds together."""
    part = b"--b\r\n" + b"a:\r\n" * 10_000 + b"\r\nx\r\n"
    found = leaves(MIXED + part * 100)
    assert len(found) * 40_000 < HEADERS_OCTETS + 2 * len(part)
    assert found[-1][0] == OPAQUE
    assert found[-1][1].count(b"x") + len(found) - 1 == 100


def test_parts_within_parts_are_read_however_deep():
    """1,500 nested parts kill the standard library; the words in the innermost are still the customer's."""
    levels = [b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    levels += [b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(1500)]
    assert leaves(b"".join([*levels, b"--b1500\r\n\r\nEccomi."]))[-1] == ("text/plain", b"Eccomi.")


@pytest.mark.parametrize(
    ("encoding", "body", "octets"),
    [
        (b"base64", b"aGVs\r\nbG8=", b"hello"),
        (b"BASE64 ", b"aGVsbG8", b"hello"),
        (b"base64", b"aGVsbG8gYWdhaW4*gYW5kIGFnYWlu!IGFuZCBhZ2Fpbg==", b"hello again and again and again"),
        (b"base64", b"Buongiorno, il sito non risponde.", b"Buongiorno, il sito non risponde."),
        (b"x-uuencode", b"\r\nbegin 644 a b.txt\r\n%:&5L;&\\\r\n`\r\nend\r\n", b"hello"),
        (b"x-uuencode", b"begin 644 a\r\nnone of it\r\n", b"begin 644 a\r\nnone of it\r\n"),
        (b"uuencode", b"no file in it", b"no file in it"),
        (b"quoted-printable", b"a=3Db=\r\nc", b"a=bc"),
        (b"quoted-printable", b"100=%", b"100=%"),
        (b"8bit", b"\xe8", b"\xe8"),
        (b"x-unknown", b"as it is", b"as it is"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_go(encoding, body, octets):
    """Broken ones are common, and never raise."""
    assert leaves(b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body) == [("text/plain", octets)]
