"""I7: no input raises, hangs or exhausts. Parsing is total and bounded in time, memory and depth."""

import time
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.message import DeliveryReport, Malformed, Message
from gateway.core.parse import parse
from gateway.core.quote import split_words

ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n ", b"\r\n\r\n"])
NAMES = st.sampled_from(
    [
        *(b"From", b"from ", b" From", b"Subject", b"Message-ID", b"References", b"In-Reply-To", b"Received"),
        *(b"Content-Type", b"Content-Disposition", b"Content-Transfer-Encoding", b"Content-ID", b"Auto-Submitted", b""),
    ]
)
PIECES = st.sampled_from(
    [
        *(
            b"a@b.example",
            b"<",
            b">",
            b"(",
            b")",
            b'"',
            b"\\",
            b",",
            b";",
            b":",
            b"@",
            b" ",
            b"\t",
            b"\0",
            b"\xff",
            b"\xc3",
        ),
        *(
            b"=?utf-8?q?",
            b"=?utf-7?b?",
            b"=40",
            b"?=",
            b"multipart/mixed",
            b"multipart/alternative",
            b"multipart/report",
        ),
        *(
            b"; boundary=b",
            b'; boundary="b',
            b"; charset=",
            b"utf-16",
            b"idna",
            b"hex",
            b"; name*0*=u''%",
            b"; name*9=x",
        ),
        *(b"text/html", b"message/rfc822", b"message/delivery-status", b"base64", b"quoted-printable", b"attachment"),
        *(
            b"--b",
            b"--b--",
            b"--",
            b"\r\n--b\r\n",
            b"\r\n\r\n",
            b"<style>",
            b"</a",
            b"<a href='",
            b"&#55296;",
            b"&#x",
            b"-- ",
        ),
        *("\u202e".encode(), "é".encode(), "e\u0301".encode(), b"[", b"]", b"> ", b"On x wrote:", b"From: Sent:"),
    ]
)
VALUES = st.lists(PIECES, max_size=8).map(b"".join)
FIELDS = st.tuples(NAMES, st.sampled_from([b":", b": ", b" :", b""]), VALUES, ENDS).map(b"".join)
MAILS = st.tuples(
    st.lists(FIELDS, max_size=8).map(b"".join),
    st.sampled_from([b"", b"From: a@b.example\r\n"]),
    st.lists(st.one_of(FIELDS, VALUES, ENDS), max_size=20).map(b"".join),
).map(b"".join)


def check(raw: bytes):
    start = time.process_time()
    parsed = parse(raw)
    assert time.process_time() - start < 1
    assert parsed.header.fingerprint
    match parsed:
        case Message():
            words = parsed.body.text + parsed.body.quoted + parsed.body.signature + parsed.header.subject
            assert all(one in "\n\t" or unicodedata.category(one) not in {"Cc", "Cs"} for one in words)
            assert all("/" not in one.filename and one.filename for one in parsed.body.attachments)
        case Malformed():
            assert parsed.detail
            assert "parsing failed" not in parsed.detail  # the net is there, and our own code never falls into it
        case DeliveryReport():
            assert len(parsed.report.recipient) <= 320


@given(st.binary(max_size=2_000))
def test_any_octets_end_in_one_of_three(raw):
    """Whatever the bytes are."""
    check(raw)


@settings(max_examples=400)
@given(MAILS)
def test_hostile_mail_ends_in_one_of_three(raw):
    """Mail that is nearly mail reaches further than noise."""
    check(raw)


@given(MAILS, st.data())
def test_a_cut_message_ends_in_one_of_three(raw, data):
    """Connections break anywhere."""
    check(raw[: data.draw(st.integers(0, len(raw)))])


@given(
    st.lists(st.sampled_from(["> x", "y", "", "-- ", "On x wrote:", "From: z", "Sent: z", "Subject: z"])).map("\n".join)
)
def test_no_line_is_lost(text):
    """Every line that is not empty is in one of text, quoted and signature."""
    parts = "\n".join(split_words(text)).split("\n")
    assert sorted(line.strip() for line in parts if line.strip()) == sorted(
        line.strip() for line in text.split("\n") if line.strip()
    )
