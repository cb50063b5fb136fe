"""I7: invitations, cards and packs, broken in every way, come to text and files within their bounds."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gateway.core import calendar, card_lines, vcard
from gateway.core.rtf import rtf_to_text, unpacked_rtf
from gateway.core.tnef import FILES, NESTED, files_of, words_of
from tnef_writer import BODY_HTML, DATA_OBJECT, LONG_NAME, MESSAGE, RTF, about, file, named, packed_rtf, prop, tnef

RICH = b"{\\rtf1\\ansi\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 uno\\u233?\\'e9}\\bin2 }}}"
INNER = tnef(about(prop(0x8001001F, "x", named("Keywords")), prop(BODY_HTML, b"<p>x")), file(b"b.txt", b"due"))
PACKS = (
    tnef(about(prop(RTF, packed_rtf(RICH * 20))), file(b"A~1.TXT", b"uno", prop(LONG_NAME, "a.txt"))),
    tnef(file(b"msg", None, prop(DATA_OBJECT, MESSAGE + INNER)), file(b"c", b"")),
)
CARDS = (
    (
        b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:a\\,b\r\nDTSTART;TZID=Europe/Rome:20261125T100000\r\n"
        b'DURATION:P1DT1H\r\nDTEND;VALUE=DATE:20261126\r\nRECURRENCE-ID:20261125\r\nORGANIZER;CN="a:b":mailto:a@b\r\n'
        b"ATTENDEE;PARTSTAT=ACCEPTED:c\r\nDESCRIPTION:x\r\n  y\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ),
    (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-16;QUOTED-PRINTABLE:=C3=\r\n=A9;b;c\r\nTEL;HOME:1\r\nADR;TYPE=work:;;x\\;y\r\n"
        b"END:VCARD\r\n"
    ),
)
PIECES = st.sampled_from(
    [
        *(b"", b"\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x78\x9f\x3e\x22", b"\r\n", b"\r\n ", b"=\r\n", b";"),
        *(b":", b'"', b"\\", b"{", b"}", b"\\u-1?", b"\\bin99999", b"\\'", b"99999999T999999", b"00000000", b"PT9H"),
        *(b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"BEGIN:VCARD\r\n", b"\x1b[31m", b"\xc2\x85", b"\xe2\x80\xae"),
    ]
)


@st.composite
def broken(draw, sound: tuple[bytes, ...]) -> bytes:
    """A sound one with pieces put in or over, and perhaps cut; or noise."""
    octets = bytearray(draw(st.sampled_from((*sound, b""))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(octets)))
        octets[at : at + draw(st.integers(0, 8))] = draw(st.one_of(PIECES, st.binary(max_size=8)))
    return bytes(octets[: draw(st.integers(0, len(octets)))] if draw(st.booleans()) else octets)


def readable(text: str) -> bool:
    return all(one in "\n\t" or unicodedata.category(one) not in {"Cc", "Cs"} for one in text)


@given(broken(CARDS), st.sampled_from(["", "utf-8", "utf-16", "iso-8859-1", "x"]))
def test_i7_cards_come_to_readable_text(octets, charset):
    """No line is made up: what is read is no more than what stands there and the names of fields and days."""
    for read in (calendar.to_text, vcard.to_text):
        text = read(octets, charset)
        assert readable(text)
        assert len(text) <= 4 * len(octets) + 100
    assert len(list(card_lines.lines_of(octets, charset))) <= octets.count(b"\n") + 1


@given(broken(PACKS))
def test_i7_packs_come_to_words_and_files(octets):
    """Each file within the octets that there are, all of them within the bound, each with a name for a file."""
    found = files_of(octets)
    assert len(found) <= FILES
    assert sum(len(one.octets()) for one in found) <= NESTED * len(octets)
    assert all(one.name and one.name.isprintable() and "/" not in one.name and one.octets() in octets for one in found)
    assert readable(words_of(octets))


@given(broken((RICH, packed_rtf(RICH))), st.integers(0, 1_000))
def test_i7_rich_text_comes_to_words(octets, most):
    """Unpacked it is no longer than asked for, as text no longer than it was."""
    assert len(unpacked_rtf(octets, most)) <= most
    text = rtf_to_text(octets)
    assert readable(text)
    assert len(text) <= len(octets)


@given(st.binary(max_size=3_000))
def test_i7_what_was_packed_comes_out(octets):
    """The one way back: whatever its length, over the end of the window too."""
    assert unpacked_rtf(packed_rtf(octets), len(octets)) == octets
