"""vCards to lines, in all their versions."""

import pytest

from gateway.core.vcard import CARDS, ENTRIES, to_text


def card(*lines: bytes, version: bytes = b"3.0") -> bytes:
    return b"\r\n".join((b"BEGIN:VCARD", b"VERSION:" + version, *lines, b"END:VCARD", b""))


def test_a_card_reads_like_one():
    """RFC 2426 and RFC 6350, the name first; a picture is not for reading."""
    octets = card(
        b"N:Rossi;Anna;;Dott.;",
        b"ORG:Rossi S.r.l.;Ufficio tecnico",
        b"item1.TEL;TYPE=CELL,VOICE:+39 06 1234",
        b"EMAIL;TYPE=INTERNET:anna@rossi.example",
        b"ADR;TYPE=work:;;Via Roma\\, 1;Pisa;PI;56100;Italia",
        b"NOTE:uno\\ndue",
        b"PHOTO;ENCODING=b:AAAA",
        b"FN:Anna Rossi",
    )
    assert to_text(octets) == (
        "Contact: Anna Rossi\n"
        "Organization: Rossi S.r.l., Ufficio tecnico\n"
        "Phone: +39 06 1234 (cell)\n"
        "Mail: anna@rossi.example\n"
        "Address: Via Roma, 1, Pisa, PI, 56100, Italia (work)\n"
        "Note: uno due"
    )


def test_the_oldest_version_is_read():
    """Version 2.1: bare parameters, quoted-printable over lines, charsets of its own, folds that keep their space."""
    octets = card(
        b"N;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:Citt=E0;No=",
        b"=EB",
        b"TEL;HOME;VOICE:06 1234",
        b"TITLE:Capo",
        b" ufficio",
        version=b"2.1",
    )
    assert to_text(octets) == "Contact: Noë Città\nTitle: Capo ufficio\nPhone: 06 1234 (home)"


def test_the_newest_version_is_read():
    """RFC 6350 §3.2, §6.4.1: folds that lose their space, telephone numbers as URIs."""
    octets = card(b"FN:Anna Ro", b" ssi", b'TEL;VALUE=uri;TYPE="work,voice":tel:+39-06-1234', version=b"4.0")
    assert to_text(octets) == "Contact: Anna Rossi\nPhone: +39-06-1234 (work)"


def test_an_escaped_separator_parts_nothing():
    """RFC 6350 §3.4, and a backslash before it that is itself escaped."""
    assert to_text(card(b"ORG:a\\;b;c\\\\;d")) == "Organization: a;b, c\\, d"


def test_cards_and_entries_are_bounded():
    """A whole address book is a file to open."""
    text = to_text(card(b"FN:x", *[b"TEL:1"] * 100) * 100)
    assert (text.count("Contact"), text.count("Phone")) == (CARDS, CARDS * (ENTRIES - 1))


def test_a_card_that_is_cut_off_is_told_as_far_as_it_goes():
    """Connections break anywhere."""
    assert to_text(card(b"FN:x", b"TEL:1").partition(b"END:")[0]) == "Contact: x\nPhone: 1"


@pytest.mark.parametrize("octets", [b"", b"FN:x", b"BEGIN:VCARD\r\nEND:VCARD", b"BEGIN:VEVENT\r\nFN:x\r\nEND:VEVENT"])
def test_what_is_no_card_says_nothing(octets):
    """Then it is a file like any other."""
    assert to_text(octets) == ""
