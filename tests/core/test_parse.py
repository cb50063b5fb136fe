"""Stations 1 to 2 as a whole: which of the three a message is, what its body becomes, and that bounds hold."""

import time

import pytest

from gateway.core.address import Address
from gateway.core.message import DeliveryReport, Malformed, Message
from gateway.core.parse import parse
from gateway.core.reason import Reason

FROM = b"From: Alice <alice@rossi.example>\r\nMessage-ID: <1@rossi.example>\r\n"
MIXED = FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def test_a_message_has_one_author_and_its_words():
    """The ordinary case."""
    parsed = parse(b"Received: x\r\nReceived: y\r\n" + FROM + b"Subject: =?utf-8?q?perch=C3=A9?=\r\n\r\nciao\r\n")
    assert isinstance(parsed, Message)
    assert parsed.author == Address("alice", "rossi.example")
    assert (parsed.header.subject, parsed.header.message_id) == ("perché", "1@rossi.example")
    assert (parsed.body.text, parsed.hops, parsed.automatic) == ("ciao", 2, None)


def test_fields_are_kept_in_order_on_one_line_each():
    """Evidence depends on where a field stands."""
    parsed = parse(b"A: 1\r\n  2\r\n" + FROM + b"A: 3\r\n\r\n")
    assert isinstance(parsed, Message)
    assert [field for field in parsed.fields if field[0] == "a"] == [("a", b"1  2"), ("a", b"3")]


def test_a_bad_author_is_malformed_but_keeps_its_header():
    """Staff must find it in the quarantine."""
    parsed = parse(b"From: a@b.example, c@d.example\r\nSubject: hello\r\n\r\n")
    assert isinstance(parsed, Malformed)
    assert parsed.reason is Reason.MALFORMED_AUTHOR
    assert parsed.header.subject == "hello"
    assert parsed.header.fingerprint


@pytest.mark.parametrize("raw", [FROM + b"\r\nx\n", FROM + b"\r\nx\ry", FROM + b"\r\n\0"])
def test_wrong_line_ends_make_a_malformed_message(raw):
    """Threats rule 3."""
    parsed = parse(raw)
    assert isinstance(parsed, Malformed)
    assert parsed.reason is Reason.MALFORMED_MESSAGE


def test_a_report_is_recognised_before_its_author_is_judged():
    """Bounces often come from nobody."""
    raw = b"From: <>\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
    raw += b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    parsed = parse(raw + b"Final-Recipient: rfc822; a@b.example\r\n--b--\r\n")
    assert isinstance(parsed, DeliveryReport)
    assert parsed.report.recipient == "a@b.example"


def part(kind: str, body: str, *fields: str) -> bytes:
    return "\r\n".join(["--b", f"Content-Type: {kind}", *fields, "", body, ""]).encode()


def body(subtype: str, *parts: bytes):
    head = FROM + f"Content-Type: multipart/{subtype}; boundary=b\r\n\r\n".encode()
    parsed = parse(head + b"".join(parts) + b"--b--\r\n")
    assert isinstance(parsed, Message)
    return parsed.body


def test_of_alternatives_plain_text_is_preferred():
    """And its twin is no attachment: it says the same."""
    chosen = body("alternative", part("text/plain", "plain"), part("text/html", "<p>html</p>"))
    assert (chosen.text, chosen.attachments) == ("plain", ())


def test_of_alternatives_html_is_taken_where_plain_text_is_blank():
    """Some programs send an empty one."""
    assert body("alternative", part("text/plain", " "), part("text/html", "<p>html</p>")).text == "html"


def test_alternatives_that_are_both_plain_and_say_different_things_are_both_kept():
    """RFC 2046 §5.1.4 has them say the same; a program that does not know that loses nobody's words."""
    both = body("alternative", part("text/plain", "one"), part("text/plain", "two"), part("text/plain", "one"))
    assert (both.text, both.attachments) == ("one\ntwo", ())


def test_text_parts_of_a_mixed_message_are_one_text():
    """Apple Mail writes around its attachments."""
    chosen = body("mixed", part("text/plain", "one"), part("image/png", "x"), part("text/plain", "two"))
    assert chosen.text == "one\ntwo"
    assert [(one.filename, one.content_type, one.size, one.inline) for one in chosen.attachments] == [
        ("part-2.png", "image/png", 1, False)
    ]


def test_a_picture_between_the_words_keeps_its_place():
    """Apple Mail puts it into the mixed message; it is an attachment all the same."""
    image = part("image/png", "x", 'Content-Disposition: inline; filename="uno.png"')
    chosen = body("mixed", part("text/plain", "one"), image, part("text/plain", "two"), image)
    assert chosen.text == "one\n[image: uno.png]\ntwo\n[image: uno.png]"
    assert [(one.filename, one.folded) for one in chosen.attachments] == [("uno.png", True)] * 2


def test_a_picture_in_html_keeps_its_place():
    """RFC 2392: by its Content-ID."""
    image = part("image/png", "x", "Content-ID: <1@x>", 'Content-Disposition: inline; filename="uno.png"')
    chosen = body("related", part("text/html", '<p>one <img src="cid:1@x"> two</p>'), image)
    assert (chosen.text, len(chosen.attachments)) == ("one [image: uno.png] two", 1)


def test_the_root_of_a_related_message_is_its_text():
    """RFC 2387: the rest is what it shows."""
    chosen = body("related", part("text/html", "<p>hi</p>"), part("image/png", "x", "Content-ID: <1>"))
    assert chosen.text == "hi"
    assert chosen.attachments[0].inline


def test_a_text_that_is_declared_an_attachment_is_one():
    """RFC 2183 §2.2."""
    chosen = body(
        "mixed", part("text/plain", "x"), part("text/plain", "y", 'Content-Disposition: attachment; filename="a/b.txt"')
    )
    assert chosen.text == "x"
    assert [one.filename for one in chosen.attachments] == ["b.txt"]


def test_a_nested_message_is_an_attachment_named_by_its_subject():
    """Its author is not the author."""
    chosen = body("mixed", part("text/plain", "x"), part("message/rfc822", "Subject: re/port\r\n\r\ny"))
    assert [one.filename for one in chosen.attachments] == ["re-port.eml"]


def test_a_nested_message_without_a_subject_is_named_by_its_number():
    """What its body says is no subject."""
    chosen = body("mixed", part("text/plain", "x"), part("message/rfc822", "To: b\r\n\r\nSubject: y"))
    assert [one.filename for one in chosen.attachments] == ["part-2.eml"]


def test_flowed_text_is_joined():
    """RFC 3676."""
    chosen = body("mixed", part("text/plain; format=flowed", "one \r\ntwo\r\n  three\r\n-- \r\nAlice"))
    assert (chosen.text, chosen.signature) == ("one two\n three", "--\nAlice")


HTML = FROM + b"Content-Type: text/html\r\n\r\n"
TEXT = FROM + b"\r\n"
HOSTILE = {
    "an open bracket": b"From: <",
    "20,000 addresses": b"From: " + b", ".join([b"a@b.example"] * 20_000) + b"\r\n\r\n",
    "5,000 comments": b"From: " + b"(" * 4_000 + b"\r\n\r\n",
    "1,500 nested parts": MIXED
    + b"".join(b"--b\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_500)),
    "1,500 nested messages": (FROM + b"Content-Type: message/rfc822\r\n\r\n") * 1_500,
    "150,000 parts": MIXED + b"--b\r\n\r\nx\r\n" * 150_000,
    "150,000 parts without a body": MIXED + b"--b\r\n" * 150_000,
    "40 KB of semicolons": FROM + b"Content-Type: text/plain" + b";" * 40_000 + b"\r\n\r\nx",
    "open quotes in parameters": MIXED + (b"--b\r\nContent-Type: a/b" + b';a="\\' * 1_600 + b"\r\n\r\n") * 500,
    "boundary prefixes": MIXED + b"--bb\r\n" * 300_000,
    "hyphens": MIXED + b"--\r\n" * 300_000,
    "long part headers": MIXED + (b"--b\r\nX: " + b"y" * 60_000 + b"\r\n") * 100,
    "2,000 fields": b"X: y\r\n" * 1_990 + FROM + b"\r\n",
    "empty folds": FROM + b"X:" + b"\r\n " * 60_000 + b"z\r\n\r\n",
    "encoded words": FROM + b"Subject: " + b"=?utf-8?q?a?= " * 18_000 + b"\r\n\r\n",
    "open encoded words": FROM + b"Subject: " + b"=?u?q?" * 40_000 + b"\r\n\r\n",
    "100,000 attributes": HTML + b"<p " + b"a=b " * 100_000 + b">x",
    "open attributes": HTML + b"<a " * 200_000,
    "open quotes in attributes": HTML + b'<a ="' * 150_000,
    "100,000 nested divs": HTML + b"<div>" * 100_000,
    "angle brackets": HTML + b"<" * 800_000,
    "open styles": HTML + b"<style>" * 100_000,
    "open comments": HTML + b"<!--" * 150_000,
    "end tags that do not end": HTML + b"<style>" + b"</style" * 100_000,
    "a number of a million digits": HTML + b"&#" + b"9" * 1_000_000,
    "quotes": TEXT + b">\r\n" * 200_000,
    "senders": TEXT + b"From:\r\n" * 100_000,
    "flowed lines": FROM + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"> a \r\n" * 150_000,
    "one long line": TEXT + b"x" * 3_000_000,
    "white space": HTML + b"x" + b" " * 1_500_000 + b"y",
    "equal signs": FROM + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=A=" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_takes_a_second(name):
    """I7: what kills other parsers is read in linear time. CPU time, so that a busy machine does not count."""
    start = time.process_time()
    parse(HOSTILE[name])
    assert time.process_time() - start < 1


def test_what_is_beyond_a_bound_stays():
    """Never silently dropped: text over the bound is an attachment."""
    parsed = parse(TEXT + b"x" * 3_000_000)
    assert isinstance(parsed, Message)
    assert parsed.body.text == ""
    assert [one.size for one in parsed.body.attachments] == [3_000_000]
