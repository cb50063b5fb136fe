"""What stands on an IMAP command line: names, credentials, UID sets, days."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.ingress.imap.words import astrings, day, mailbox, uid_sets


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("Held & done", '"Held &- done"'),
        ("Già fatto", '"Gi&AOA- fatto"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),  # RFC 3501 §5.1.3
        ('a \\ "b"', '"a \\\\ \\"b\\""'),
        ("\U0001f4e7", '"&2D3c5w-"'),
        ("a\r\nb", '"a&AA0ACg-b"'),
        ("&AOA-", '"&-AOA-"'),
    ],
)
def test_a_mailbox_name_is_quoted_modified_utf_7(name, written):
    """RFC 3501 §5.1.3; nothing in a name ends the line."""
    assert mailbox(name) == written


@pytest.mark.parametrize(
    ("texts", "arguments", "literals"),
    [
        (("anna", "p w"), '"anna" "p w"', []),
        (("anna", 'a"b\\c'), '"anna" "a\\"b\\\\c"', []),
        (("anna", "è"), '"anna" {2}', [b"\xc3\xa8"]),
        (("è", "b"), "{2}", [b'\xc3\xa8 "b"']),
        (("è", "a\r\nb"), "{2}", [b"\xc3\xa8 {4}", b"a\r\nb"]),
        (("", ""), '"" ""', []),
    ],
)
def test_credentials_are_quoted_or_literals(texts, arguments, literals):
    """RFC 3501 §9: a quoted string has 7 bits and no line's end."""
    assert astrings(*texts) == (arguments, literals)


def test_a_nul_cannot_be_said():
    """Not even in a literal."""
    with pytest.raises(ValueError, match="NUL"):
        astrings("anna", "a\x00b")


def test_a_set_names_what_was_given_and_nothing_else():
    """A range over a gap would name messages that nobody meant."""
    assert list(uid_sets([9, 3, 2, 1, 7, 3])) == [("1:3,7,9", (1, 2, 3, 7, 9))]
    assert list(uid_sets([])) == []


def test_a_set_has_a_hundred_at_most():
    """Longer ones are cut."""
    assert [named for named, _ in uid_sets(range(1, 202))] == ["1:100", "101:200", "201"]


def test_a_day_is_written_in_english():
    """RFC 9051 §9, date."""
    assert day(date(2026, 2, 1)) == "1-Feb-2026"
