"""RTF: unpacked from its window, and to text."""

import pytest

from gateway.core.rtf import rtf_to_text, unpacked_rtf
from tnef_writer import packed_rtf, rtf_frame

MOST = 100_000


@pytest.mark.parametrize("octets", [b"", b"x", b"{\\rtf1 1234567}", b"{\\rtf1 " + b"ciao " * 2_000 + b"}"])
def test_what_was_packed_comes_out(octets):
    """MS-OXRTFCP §2.2."""
    assert unpacked_rtf(packed_rtf(octets), MOST) == octets


def test_a_reference_may_repeat_what_it_is_about_to_write():
    """§3.1.3.2 of it: five of one letter from one. The window stands at 207, so the letter is there."""
    packed = rtf_frame(
        bytes([0b110]) + b"a" + bytes([207 >> 4, (207 & 15) << 4 | 3]) + (213 << 4).to_bytes(2, "big"), 6
    )
    assert unpacked_rtf(packed, MOST) == b"a" * 6


def test_the_first_window_holds_the_usual_words():
    """§2.1.2.1: a reference to its beginning."""
    assert unpacked_rtf(rtf_frame(bytes([1, 0, 3]), 5), MOST) == b"{\\rtf"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", b""),
        (b"\0" * 8 + b"MELA" + b"\0" * 4 + b"plain", b"plain"),
        (b"\0" * 8 + b"????" + b"\0" * 4 + b"plain", b""),
        (rtf_frame(bytes([0b10]) + b"a" + b"\xff\xff", 9), b"a"),
        (rtf_frame(bytes([0b10]) + b"a" + b"\x00", 9), b"a"),
    ],
)
def test_what_is_broken_ends_there(octets, text):
    """A place that was never written, and half a reference; what is not packed is taken as it is."""
    assert unpacked_rtf(octets, MOST) == text


def test_no_more_than_asked_for_comes_out():
    """Seventeen octets from two, again and again: the size that it says does not count."""
    bomb = rtf_frame(bytes([0xFE]) + b"a" + (bytes([207 >> 4, (207 & 15) << 4 | 15]) * 8 + b"\xff") * 5_000, 1)
    assert len(unpacked_rtf(bomb, 1_000)) <= 1_000


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (
            rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard ciao\par\b due\b0\tab tre\line quattro\par}",
            "ciao\ndue\ttre\nquattro",
        ),
        (rb"{\rtf1\ansi\ansicpg1252 perch\'e9}", "perché"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8}", "При"),
        (rb"{\rtf1\uc1 \u233?\u8364 ?x\u-10179?\u-8704?}", "é€x😀"),
        (rb"{\rtf1\uc2 \u233\'65\'65x{\uc0\u233 y}}", "éxéy"),
        (rb"{\rtf1 a\{b\}c\\d\~e\_f}", "a{b}c\\d\u00a0e-f"),
        (rb"{\rtf1 a{\*\generator x;}b{\info{\title y}}c{\pict ffff}d}", "abcd"),
        (b"{\\rtf1 a\\bin3 }}}b}", "ab"),
        (b"{\\rtf1 uno\r\ndue}", "unodue"),
        (rb"{\rtf1 ciao", "ciao"),
        (rb"}}}ciao", "ciao"),
    ],
)
def test_the_words_are_kept(rtf, text):
    """Formatting goes, characters come in each of the ways that they may be written."""
    assert rtf_to_text(rtf) == text


def test_html_inside_is_read_as_html():
    """MS-OXRTFEX §2.1.3: tags are in groups of their own, what repeats them as RTF is left out."""
    rtf = (
        rb"{\rtf1\ansi\fromhtml1{\*\htmltag19 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 uno"
        rb"{\*\htmltag84 &amp;}\htmlrtf \'26\htmlrtf0 due{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0"
        rb"{\*\htmltag84 <a href=\'22https://x.example/\'22>}qui{\*\htmltag92 </a>}{\*\mhtmltag84 <a>}}"
    )
    assert rtf_to_text(rtf) == "uno&due\n\nqui <https://x.example/>"


def test_a_text_of_open_groups_ends():
    """I7: what was read by then is kept."""
    assert rtf_to_text(b"a" + b"{" * 100_000 + b"b") == "a"
