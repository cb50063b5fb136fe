"""Header facts: cleaned, bounded, and a fingerprint that is one per message (I4)."""

import pytest

from gateway.core.fields import split
from gateway.core.header import header_of, references_of


def header(raw: bytes):
    return header_of(split(raw), raw)


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (b"one\r\n two", "one two"),
        (b"=?utf-8?q?perch=C3=A9?=", "perché"),
        (b"perch\xe9", "perché"),
        (b"=?utf-8?q?a=0D=0ABcc:_b?=", "a Bcc: b"),
        (b"a\x1b[31mb", "a [31mb"),
    ],
)
def test_a_subject_is_one_clean_line(value, subject):
    """Threats rule 10: nothing of it can become a header line."""
    assert header(b"Subject: " + value + b"\r\n\r\n").subject == subject


def test_a_subject_is_bounded():
    """Threats rule 15."""
    assert len(header(b"Subject: " + b"x" * 100_000 + b"\r\n\r\n").subject) == 300


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        (b"<a@b>", "a@b"),
        (b"\r\n <a@b>", "a@b"),
        (b"a@b", "a@b"),
        (b"<a b@c>", ""),
        (b"<\xe9@b>", ""),
        (b"<" + b"x" * 300 + b"@b>", ""),
        (b"", ""),
    ],
)
def test_a_message_id_is_whole_or_nothing(value, message_id):
    """A cut one would be another's."""
    assert header(b"Message-ID: " + value + b"\r\n\r\n").message_id == message_id


def test_references_are_nearest_first_without_repeats():
    """In-Reply-To, then References from its end."""
    raw = b"In-Reply-To: <c@x>\r\nReferences: <a@x> <b@x>\r\n <c@x>\r\n\r\n"
    assert references_of(split(raw)) == ("c@x", "b@x", "a@x")


def test_references_are_at_most_a_hundred():
    """Threats rule 15."""
    raw = b"References: " + b" ".join(b"<%d@x>" % n for n in range(500)) + b"\r\n\r\n"
    found = references_of(split(raw))
    assert len(found) == 100
    assert found[0] == "499@x"


MESSAGE = b"Received: one\r\nFrom: a@b.example\r\nSubject: x\r\n y\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"


@pytest.mark.parametrize(
    "same",
    [
        MESSAGE.replace(b"Received: one", b"Received: two\r\nDelivered-To: z"),
        MESSAGE.replace(b"\r\n", b"\n"),
        MESSAGE.replace(b"x\r\n y", b"x y"),
        MESSAGE + b"\r\n",
    ],
)
def test_another_way_of_delivery_changes_no_fingerprint(same):
    """I4: a message is handled once, however often it is handed over."""
    assert header(same).fingerprint == header(MESSAGE).fingerprint


@pytest.mark.parametrize(
    "change",
    [
        (b"body", b"other"),
        (b"a@b", b"c@b"),
        (b"Subject: x", b"Subject: z"),
        (b"1@x", b"2@x"),
        *(
            (b"From:", field + b"\r\nFrom:")
            for field in (
                b"Content-Type: text/html",
                b"Content-Transfer-Encoding: base64",
                b"Content-Disposition: attachment; filename=a.bin",
                b"In-Reply-To: <2@x>",
                b"References: <2@x>",
            )
        ),
    ],
)
def test_what_it_says_changes_the_fingerprint(change):
    """I4: a stranger who guesses a Message-ID suppresses nothing."""
    assert header(MESSAGE.replace(*change)).fingerprint != header(MESSAGE).fingerprint


def test_without_a_message_id_only_the_same_octets_are_the_same():
    """Two short mails may be alike and yet two."""
    plain = MESSAGE.replace(b"Message-ID: <1@x>\r\n", b"")
    assert header(plain).fingerprint != header(plain.replace(b"one", b"two")).fingerprint
