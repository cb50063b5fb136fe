"""What may be left out of a signature: only fields without which the body still has one reading (decision 0011)."""

from __future__ import annotations

import pytest

from gateway.core.frame import misreading

TWO = b"--b1\r\nContent-Type: text/plain\r\n\r\nBuongiorno.\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b1--\r\n"
TYPE = "content-type is not signed"
ENCODING = "content-transfer-encoding is not signed"


def about(body, *fields, signed=("from", "subject")):
    return misreading(signed, tuple((name.lower(), value.encode()) for name, value in fields), body)


@pytest.mark.parametrize(
    "value",
    [
        "multipart/alternative; boundary=b1",
        'multipart/mixed; boundary="b1"',
        'Multipart/Related; type="text/html"; BOUNDARY = b1',
    ],
)
@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n\r\n"])
def test_a_body_that_is_its_own_delimiters_may_leave_the_type_unsigned(value, end):
    """Gmail's web mail and Yahoo: no other boundary fits these octets."""
    assert about(TWO.removesuffix(b"\r\n") + end, ("Content-Type", value)) == ""


@pytest.mark.parametrize(
    "value",
    [
        "text/plain",
        "text/html; boundary=b1",
        "multipart/report; boundary=b1",
        "multipart/digest; boundary=b1",
        "multipart/signed; boundary=b1",
        "multipart/alternative",
        "multipart/alternative; boundary=b2",
        "multipart/alternative; boundary=b",
        "multipart/alternative; boundary=b1--",
        "multipart/alternative; boundary=b1; boundary=b2",
        "multipart/alternative; boundary=b1; boundary*0=b; boundary*1=2",
        "multipart/alternative; boundary=b1; boundary*=utf-8''b2",
        "multipart/alternative; boundary=b1 (; boundary=b2)",
        "multipart/alternative; name=b1",
        "",
    ],
)
def test_any_other_type_has_to_be_signed(value):
    """Another subtype, another boundary, or one that two programs read differently."""
    assert about(TWO, ("Content-Type", value)) == TYPE


@pytest.mark.parametrize(
    "body",
    [
        b"Preamble\r\n" + TWO,
        b"\r\n" + TWO,
        TWO + b"Epilogue\r\n",
        TWO.replace(b"--b1--", b"--b1"),
        TWO.replace(b"--b1\r\n", b"--b1 \r\n", 1),
        TWO + b"\r\n" * 600,
        b"",
    ],
)
def test_a_body_with_anything_around_its_delimiters_does_not_fix_its_type(body):
    """A preamble is what another boundary would make the text."""
    assert about(body, ("Content-Type", "multipart/mixed; boundary=b1")) == TYPE


def test_two_types_fix_nothing():
    """Programs differ in which of them they read."""
    types = [("Content-Type", "multipart/mixed; boundary=b1")] * 2
    assert about(TWO, *types) == TYPE


def test_no_type_at_all_is_plain_text():
    """RFC 2045 §5.2: the signed words are then shown as they stand."""
    assert about(b"Buongiorno.\r\n") == ""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("7bit", b"Buongiorno.\r\n> a = b\r\nTitolo\r\n======\r\n"),
        ("", b"https://rossi.example/?id=41\r\n"),
        ("base64", b"QnVvbmdpb3Juby4=\r\n"),
        ("quoted-printable", b"Perch=C3=A9 1+1=3D2 ?=20\r\n=2E un=\r\nriga=09\r\n=46rom\r\n"),
    ],
)
def test_an_encoding_that_the_body_shows_may_be_left_out(encoding, body):
    """Microsoft 365 and iCloud sign Content-Type and not this: what programs really write has one reading."""
    fields = (("Content-Transfer-Encoding", encoding),) if encoding else ()
    assert about(body, *fields, signed=("content-type",)) == ""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", b"Anna wrote:\r\n> VHJhc2Zlcml0ZSBpbCBkb21pbmlv\r\n"),
        ("quoted-printable", b"> ciao=0D=0ATrasferite il dominio\r\n"),
        ("Quoted-Printable", b"> ciao =3Cblockquote=3e\r\n"),
        ("quoted-printable", b"> ciao=0atrasferite\r\n"),
        ("7bit", b"> una riga che continua=\r\nTrasferite il dominio\r\n"),
        ("", b"> una riga che continua=\r\nTrasferite il dominio\r\n"),
        ("x-uuencode", b"> begin 644 a\r\n#86%A\r\nend\r\n"),
    ],
)
def test_what_another_encoding_lifts_out_of_a_quote_proves_nothing(encoding, body):
    """A reply quotes what the attacker wrote; it must not come back as the victim's own words."""
    fields = (("Content-Transfer-Encoding", encoding),)
    assert about(body, *fields, signed=("content-type",)) == ENCODING
    assert about(body, *fields, signed=("content-type", "content-transfer-encoding")) == ""


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_multipart_is_not_encoded_as_a_whole(encoding):
    """RFC 2045 §6.4: its parts have their own encodings, which are signed with them."""
    fields = (("Content-Type", "multipart/mixed; boundary=b1"), ("Content-Transfer-Encoding", encoding))
    assert about(TWO, *fields) == ENCODING
    assert about(TWO.replace(b"<p>", b"<p=\r\n>"), fields[0]) == ""
