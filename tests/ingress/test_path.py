"""The path parser: what is a mailbox by RFC 5321 §4.1.2, and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress import replies
from gateway.ingress.path import Mail, parse_mail, parse_rcpt
from gateway.ingress.replies import Reply


@pytest.mark.parametrize(
    ("argument", "mail"),
    [
        ("FROM:<>", Mail(None)),
        ("from:<a@b.example>", Mail("a@b.example")),
        ("FROM:<a.b+c=d@B.Example>", Mail("a.b+c=d@B.Example")),
        ('FROM:<"a b"@b.example>', Mail('"a b"@b.example')),
        ('FROM:<"a\\"@>b"@b.example>', Mail('"a\\"@>b"@b.example')),
        ('FROM:<"a"@b.example>', Mail("a@b.example")),
        ("FROM:<a@[192.0.2.1]>", Mail("a@[192.0.2.1]")),
        ("FROM:<a@[IPv6:2001:db8::1]>", Mail("a@[IPv6:2001:db8::1]")),
        ("FROM:<a@b.example> SIZE=12 BODY=8BITMIME", Mail("a@b.example", 12)),
        ("FROM:<a@b.example> size=0 body=7bit smtputf8", Mail("a@b.example", 0, smtputf8=True)),
        ("FROM:<è@città.example> SMTPUTF8", Mail("è@città.example", 0, smtputf8=True)),
        (f"FROM:<{'a' * 256}@b.example>", Mail(f"{'a' * 256}@b.example")),  # SRS and VERP are over the 64 promised
        ("FROM:<a@b_c.example>", Mail("a@b_c.example")),  # no host name, but an MTA has accepted it
        ("FROM:<> SIZE=1", Mail(None, 1)),
    ],
)
def test_a_good_sender(argument, mail):
    assert parse_mail(argument, extended=True) == mail


@pytest.mark.parametrize(
    "path",
    [
        "", "<", "<a", "a@b.example", "<a@b.example", "<a@b.example>x", " <a@b.example>", "<a b@c.example>", "<a@>",
        "<@b.example>", "<@r.example:a@b.example>", "<a@@b.example>", "<a@b@c.example>", "<.a@b.example>",
        "<a.@b.example>", "<a..b@c.example>", "<a@b..example>", "<a@-b.example>", "<a@b.example.>",
        '<"a@b.example>', '<"a"b@c.example>', "<a@[1.2.3]>", "<a@[IPv6:1]>", "<a@[IPv6:fe80::1%lo]>", "<a@[x:y]>",
        "<a(c)@b.example>", "<<a@b.example>>", "<a@b.example>,<c@d.example>", "<a\x7f@b.example>", '<"a\tb"@c.example>',
        f"<{'a' * 257}@b.example>", f"<{'è' * 129}@b.example>", f"<a@{'b' * 64}.example>", f"<a@{'b.' * 125}example>",
        "<e\u0300@b.example>", "<a\u202e@b.example>", "<a@\u2488.example>", "<a@b\u3002example>",
    ],
)  # fmt: skip
def test_a_bad_path_is_refused_as_sender_and_as_recipient(path):
    """Nothing is mended, skipped or guessed: 501 5.1.7 for a sender, 501 5.1.3 for a recipient."""
    assert parse_mail(f"FROM:{path} SMTPUTF8", extended=True) == replies.BAD_SENDER
    assert parse_rcpt(f"TO:{path}", smtputf8=True) == replies.BAD_RECIPIENT


@pytest.mark.parametrize(
    ("parameters", "reply"),
    [
        ("SIZE", replies.BAD_PARAMETER),
        ("SIZE=", replies.BAD_PARAMETER),
        ("SIZE=-1", replies.BAD_PARAMETER),
        ("SIZE=1x", replies.BAD_PARAMETER),
        ("SIZE=" + "9" * 21, replies.BAD_PARAMETER),
        ("SIZE=1 SIZE=2", replies.BAD_PARAMETER),
        ("BODY=BINARYMIME", replies.BAD_PARAMETER),
        ("BODY", replies.BAD_PARAMETER),
        ("SMTPUTF8=1", replies.BAD_PARAMETER),
        ("a=b=c", replies.BAD_PARAMETER),
        ("SIZE=1\tBODY=7BIT", replies.BAD_PARAMETER),
        ("AUTH=<>", replies.UNKNOWN_PARAMETER),
        ("RET=HDRS", replies.UNKNOWN_PARAMETER),
    ],
)
def test_a_bad_or_unknown_parameter(parameters, reply):
    assert parse_mail(f"FROM:<a@b.example> {parameters}", extended=True) == reply


@pytest.mark.parametrize("argument", ["TO:<postmaster>", "to:<PostMaster>"])
def test_postmaster_needs_no_domain(argument):
    """RFC 5321 §4.1.1.3: in any case; it is known by one spelling from there on."""
    assert parse_rcpt(argument, smtputf8=False) == "postmaster"


@pytest.mark.parametrize("argument", ["TO:<>", "TO:<abuse>", "FROM:<a@b.example>", "TO <a@b.example>"])
def test_a_recipient_is_a_mailbox(argument):
    """The null path and a bare word are none."""
    assert parse_rcpt(argument, smtputf8=False) == replies.BAD_RECIPIENT


@pytest.mark.parametrize("path", ["<è@b.example>", "<a@città.example>"])
def test_beyond_ascii_wants_smtputf8(path):
    """RFC 6531 §3.5: 553 5.6.7 where the transaction did not ask for it."""
    assert parse_mail(f"FROM:{path}", extended=True) == replies.NOT_ASCII
    assert parse_rcpt(f"TO:{path}", smtputf8=False) == replies.NOT_ASCII


@given(st.text(st.sampled_from('<>@."\\[]:a.è \t\0IPv6=;-_')), st.booleans())
def test_the_parser_is_total(text, flag):
    """Every text has a value or a reply (I7)."""
    assert isinstance(parse_mail(f"FROM:<{text}", extended=flag), Mail | Reply)
    assert isinstance(parse_rcpt(f"TO:<{text}", smtputf8=flag), str | Reply)


@pytest.mark.parametrize("unit", ["a.", '"\\', "a", "[", "<", "a@", "\\\\", " A=b"])
def test_the_parser_is_linear(unit):
    """A command line a thousand times longer than we take costs well under a second."""
    began = time.process_time()
    for quote in ("", '"'):
        parse_mail(f"FROM:<{quote}{unit * 250_000}", extended=True)
        parse_rcpt(f"TO:<a@b.example>{unit * 250_000}", smtputf8=True)
    assert time.process_time() - began < 2
