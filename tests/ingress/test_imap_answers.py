"""What an IMAP server answered, as facts; and how its octets are framed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.ingress.imap.answers import bodies, capabilities, items, selected
from gateway.ingress.imap.driver import Item, Lied, Selected
from gateway.ingress.imap.frames import LINE, Frame, Framer


def framed(*octets):
    framer = Framer()
    return [frame for one in octets for frame in framer.feed(one)]


def test_lines_and_literals_are_told_apart():
    """Whatever is in a literal, its length alone says where it ends."""
    assert framed(b"* 1 FETCH (X {4}\r\n\r\n)  Y {0}\r\n)\r\n* OK\r\n") == [
        Frame((b"* 1 FETCH (X ", b" Y ", b")"), (b"\r\n) ", b"")),
        Frame((b"* OK",), ()),
    ]


def test_it_does_not_matter_how_the_octets_arrive():
    """One by one or at once: the same responses."""
    octets = b"* 1 FETCH (BODY[] {5}\r\na\r\nb\r)\r\nA1 OK\r\n"
    assert framed(*(octets[at : at + 1] for at in range(len(octets)))) == framed(octets)
    assert len(framed(octets)) == 2


def test_a_line_may_be_as_long_as_its_bound_and_no_longer():
    """The bound is on what is kept, whether its end has come or not."""
    assert framed(b"x" * LINE + b"\r\n")
    with pytest.raises(Lied):
        framed(b"x" * (LINE + 1) + b"\r\n")
    with pytest.raises(Lied):
        framed(b"x" * LINE, b"x")


def test_the_answer_to_search_may_be_longer():
    """It has every UID of the mailbox in one line."""
    assert framed(b"* SEARCH" + b" 1234567" * 50_000 + b"\r\n")


def test_literals_are_allowed_for_by_the_command():
    """Together they are no more than it asked for."""
    framer = Framer()
    framer.begin(8)
    assert list(framer.feed(b"* X {5}\r\n12345\r\n"))
    with pytest.raises(Lied, match="literal of 5"):
        list(framer.feed(b"* X {5}\r\n"))


def test_the_items_of_a_message():
    """In any order, with any others among them."""
    said = b'* 3 FETCH (FLAGS (\\Seen $x) MODSEQ (7) UID 9 X (a (b "c") d) INTERNALDATE " 1-Feb-2026 10:00:00 -0130" '
    assert items(framed(said + b"RFC822.SIZE 12 Y NIL)\r\n"), [9]) == {
        9: Item(
            12,
            frozenset({"\\Seen", "$x"}),
            datetime(2026, 2, 1, 10, tzinfo=timezone(-timedelta(hours=1, minutes=30))),
        )
    }


@pytest.mark.parametrize(
    "when",
    [
        "",
        "yesterday",
        "31-Feb-2026 10:00:00 +0000",
        "01-Foo-2026 10:00:00 +0000",
        "01-Jan-0001 00:00:00 +0100",
        "31-Dec-9999 23:59:59 -1200",
    ],
)
def test_a_date_that_is_none(when):
    """It is no reason to leave a message lying."""
    said = f'* 3 FETCH (UID 9 RFC822.SIZE 12 INTERNALDATE "{when}")\r\n'.encode()
    assert items(framed(said), [9])[9].internaldate is None


def test_an_odd_zone():
    """Beyond a day it counts as none, and nothing is raised."""
    said = b'* 3 FETCH (UID 9 RFC822.SIZE 12 INTERNALDATE "01-Feb-2026 10:00:00 +9999")\r\n'
    assert items(framed(said), [9])[9].internaldate == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_octets_that_are_missing():
    """NIL is no message of three letters."""
    assert bodies(framed(b"* 1 FETCH (UID 9 BODY[] NIL)\r\n"), "BODY[]", {9: 10}) == {}
    assert bodies(framed(b"* 1 FETCH (UID 9 BODY[] {3}\r\nNIL)\r\n"), "BODY[]", {9: 10}) == {9: b"NIL"}


def test_what_select_says():
    """The last count counts; READ-ONLY comes with the OK."""
    said = b"* 4 EXISTS\r\n* 5 EXISTS\r\n* OK [uidvalidity 3] x\r\n* OK [PERMANENTFLAGS (\\Seen)] y\r\n"
    assert selected(framed(said + b"* OK [READ-ONLY] z\r\n")) == Selected(
        3, None, 5, read_only=True, keeps_keywords=False
    )


def test_capabilities_in_capitals():
    """However they were written."""
    assert capabilities(framed(b"* capability IMAP4rev1 Auth=XOAUTH2\r\n")) == {"IMAP4REV1", "AUTH=XOAUTH2"}
