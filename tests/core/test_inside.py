"""Inner hops: what our own side wrote above its border is passed over, and nothing that looks like it."""

from __future__ import annotations

import pytest

from gateway.core.address import Address
from gateway.core.inside import GMAIL, border_at, is_inner
from gateway.core.vouch import evidence_from

AUTHOR = Address.parse("anna@rossi.example")
IMAP = "imap.example.it"
PASS = b" mx.example.it; dmarc=pass header.from=rossi.example"
RESULTS = b"; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=rossi.example"
LMTP = (
    b" from mx.example.it ([192.0.2.1])\r\n\tby imap.example.it with LMTP\r\n\tid a1B+c (envelope-from <a@b>)\r\n"
    b"\tfor <support@example.it>; Sun, 22 Nov 2026 12:00:00 +0000"
)
BORDER = (
    b" from out.rossi.example (out [192.0.2.9])\r\n\tby mx.example.it (Postfix) with ESMTPS id 4F; Sun, 22 Nov 2026"
)
BY_GMAIL = (
    b" by 2002:ab2:1785:0:b0:19a:50ce:a944 with SMTP id x5csp577194lqe;\r\n\tSun, 22 Nov 2026 04:00:00 -0800 (PST)"
)
GOOGLES = (
    b" from out.rossi.example (out.rossi.example. [192.0.2.9])\r\n\tby mx.google.com with ESMTPS id q4; Sun, 22 Nov"
)


@pytest.mark.parametrize(
    "value",
    [
        LMTP,
        LMTP.replace(b" by imap.example.it with", b" by imap.example.it (Dovecot) with").replace(b"LMTP", b"LMTPS"),
        LMTP.replace(b"imap.example.it", b"IMAP.Example.IT"),
    ],
)
def test_what_came_by_lmtp_to_a_host_that_is_named(value: bytes) -> None:
    """As Dovecot and Postfix write it, comments or not; names have no case."""
    assert is_inner(value, IMAP)


@pytest.mark.parametrize(
    "value",
    [
        BORDER,
        LMTP.replace(b"LMTP", b"ESMTPSA"),
        LMTP.replace(b"imap.example.it", b"imap.example.it.attack.example"),
        LMTP.replace(b"by imap.example.it", b"via imap.example.it"),
        BORDER.replace(b"from out.rossi.example", b"from a by imap.example.it with LMTP id 1;"),
        BORDER.replace(b"from out.rossi.example", b"from a by imap.example.it with LMTP id 1"),
        BORDER.replace(b"from out.rossi.example", b"from a by imap.example.it with LMTP id 1; ("),
        BORDER.replace(b"from out.rossi.example", b'from a by imap.example.it with LMTP "'),
        LMTP.partition(b";")[0],
        LMTP.replace(b"a1B+c", b"a1\xc3\xa8"),
        LMTP + b" " * 5000,
        b"",
        b";",
    ],
)
def test_what_a_door_for_strangers_writes_is_none(value: bytes) -> None:
    """By whichever protocol, whatever the HELO says; and what can be read in two ways."""
    assert not is_inner(value, IMAP)


def test_gmails_last_hop_is_by_an_address_from_nobody() -> None:
    """Not what fetches from elsewhere by POP3, not what took it in, and no LMTP."""
    assert is_inner(BY_GMAIL, GMAIL)
    for other in (BY_GMAIL.replace(b"SMTP", b"POP3"), b" from x (x [192.0.2.9])" + BY_GMAIL, GOOGLES, LMTP):
        assert not is_inner(other, GMAIL)


def test_the_border_is_the_first_that_is_not_inner() -> None:
    """Each hop once, in order; and where all that there is could be inner, the last of it."""
    assert border_at([BORDER, LMTP], [IMAP]) == 0
    assert border_at([LMTP, BORDER, LMTP], [IMAP]) == 1
    assert border_at([LMTP, LMTP, BORDER], [IMAP]) == 1
    assert border_at([LMTP, LMTP, BORDER], [IMAP, IMAP]) == 2
    assert border_at([LMTP], [IMAP]) == 0
    assert border_at([LMTP, BORDER], []) == 0


def test_below_an_inner_hop_the_border_is_believed() -> None:
    """Postfix writes its field, Dovecot's LMTP its Received above it: believed where that is configured."""
    fields = (("received", LMTP), ("authentication-results", PASS), ("received", BORDER), ("from", b" x"))
    trusted = frozenset({"mx.example.it"})
    assert evidence_from(fields, AUTHOR, trusted, (IMAP,)).aligned
    assert not evidence_from(fields, AUTHOR, trusted).aligned


def test_gmail_is_believed_above_its_border_alone() -> None:
    """What stands below its Received could be the sender's, were it ever left out; ARC has it once more above."""
    trusted = frozenset({"mx.google.com"})
    sealed = ("arc-authentication-results", b" i=1; mx.google.com" + RESULTS)
    below = ("authentication-results", b" mx.google.com" + RESULTS)
    inner, border, author = ("received", BY_GMAIL), ("received", GOOGLES), ("from", b" x")
    assert evidence_from((inner, sealed, border, below, author), AUTHOR, trusted, (GMAIL,)).aligned
    assert not evidence_from((inner, border, below, author), AUTHOR, trusted, (GMAIL,)).aligned
    assert not evidence_from((inner, border, sealed, author), AUTHOR, trusted, (GMAIL,)).aligned
    assert not evidence_from((inner, sealed, border, below, author), AUTHOR, trusted, (IMAP,)).aligned
    assert not evidence_from((inner, sealed, sealed, border, author), AUTHOR, trusted, (GMAIL,)).aligned
