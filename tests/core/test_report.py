"""Delivery reports, told by their form (RFC 3464)."""

import pytest

from gateway.core.fields import split
from gateway.core.message import Fate, Report
from gateway.core.mime import walk
from gateway.core.report import report_of

HEAD = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nsorry\r\n"
STATUS = (
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; <a@b.example>\r\nAction: Failed\r\nStatus: 5.1.1 (no such user)\r\n\r\n"
    b"Final-Recipient: rfc822; c@d.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n--b--\r\n"
)


def read(raw: bytes, **more):
    header = split(raw)
    found = report_of(header, raw, walk(raw, header.fields, header.body), **more)
    return found and found.report


def mail(text, sender="MAILER-DAEMON@mx.example", subject="failure notice", more=""):
    """A report in words."""
    head = f"From: {sender}\r\nTo: support@example.it\r\nSubject: {subject}\r\n{more}"
    return (head + "\r\n" + text).replace("\r\n", "\n").replace("\n", "\r\n").encode()


EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  anna@rossi.example
    host mx.rossi.example [192.0.2.5]: 550 mailbox is full

------ This is a copy of the message, including all the headers. ------

Return-path: <bounces@example.it>
To: somebody@else.example
"""
COPY = (
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n{}\r\n'
    "--b\r\nContent-Type: message/rfc822\r\n\r\nTo: anna@rossi.example\r\n\r\nhello\r\n--b--\r\n"
)


def test_every_recipient_is_reported_and_one_that_failed_stands_for_all():
    """RFC 3464 §2.3."""
    failed, delayed = Fate("a@b.example", "5.1.1", "failed"), Fate("c@d.example", "4.0.0", "delayed")
    assert read(HEAD + STATUS) == Report("a@b.example", "5.1.1", "failed", (failed, delayed))
    turned = STATUS.replace(b"Failed", b"delivered").replace(b"delayed", b"failed")
    assert read(HEAD + turned).recipient == "c@d.example"


def test_whom_we_wrote_to_is_the_original_recipient():
    """RFC 3464 §2.3.1; what is no address is not taken for one."""
    named = STATUS.replace(b"Final-Recipient: rfc822; <a@b.example>", b"Final-Recipient: x400; /S=a/\r\n%s")
    original = b"Original-Recipient: rfc822;o@b.example"
    assert read(HEAD + named.replace(b"%s", original)).recipient == "o@b.example"
    assert read(HEAD + STATUS.replace(b"<a@b", b"@relay.example:a@b")).recipient == "a@b.example"


def test_a_report_that_says_nothing_is_a_report():
    """It is recognised by its form, and nothing is made up."""
    found = read(HEAD + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nrubbish\r\n--b--\r\n")
    assert (found.recipient, found.status, found.action) == ("", "", "")


def test_a_report_without_its_status_part_is_none():
    """Read receipts are reports of another kind."""
    assert read(HEAD + b"--b--\r\n") is None


def test_a_forwarded_report_is_none():
    """A customer who forwards a bounce is a customer."""
    whole = b"\r\n".join([b"Content-Type: multipart/mixed; boundary=o", b"", b"--o", HEAD + STATUS, b"--o--", b""])
    assert read(whole) is None
    inside = b"Content-Type: multipart/report; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n"
    assert read(inside + HEAD + STATUS + b"--o--\r\n") is None


def test_what_it_says_is_cleaned():
    """It comes from a stranger."""
    raw = HEAD + STATUS.replace(b"<a@b.example>", b"a\x1b@b.example").replace(b"Failed", b"evil").replace(
        b"5.1.1", b"9.9"
    )
    found = read(raw)
    assert (found.recipient, found.status, found.action) == ("a @b.example", "", "")


@pytest.mark.parametrize("kind", ["disposition-notification", "feedback-report"])
def test_receipts_and_complaints_are_none(kind):
    """RFC 8098, RFC 5965: reports of another kind, even where a machine sends them."""
    raw = mail(
        f"--b\n\nreport\n--b\nContent-Type: message/{kind}\n\nFinal-Recipient: rfc822; a@b.example\n--b--\n",
        more=f"Content-Type: multipart/report; report-type={kind}; boundary=b\n",
    )
    assert read(raw) is None


def test_a_report_in_words_from_a_machine():
    """What failed, why, and nothing of the copy behind it."""
    assert read(mail(EXIM)) == Report(
        "anna@rossi.example", "5.2.2", "failed", (Fate("anna@rossi.example", "5.2.2", "failed"),)
    )


@pytest.mark.parametrize(
    "sender",
    ["Anna <anna@rossi.example>", "MAILER-DAEMON <anna@rossi.example>", "Anna <postmaster@rossi.example>"],
)
@pytest.mark.parametrize("subject", ["Fwd: failure notice", "R: failure notice", "Re: failure notice"])
def test_whoever_forwards_or_quotes_one_is_a_person(sender, subject):
    """In doubt it is a person: a name is borrowed, and a postmaster asks for help too."""
    assert read(mail("Can you help?\n\n" + EXIM, sender, subject)) is None
    assert read(mail("", sender, subject, COPY.format("My message could not be delivered"))) is None


def test_a_persons_own_words_are_no_report_though_they_complain():
    """A postmaster without the form of a report, and a machine without its words."""
    assert read(mail("My mail was not delivered.", "postmaster@rossi.example", "failure notice")) is None
    assert read(mail("I am away.", subject="Away")) is None


def test_a_postmaster_with_the_form_and_the_words_is_a_mail_system():
    """As Exchange writes: a null path, an answer code or a copy beside the words."""
    words, sender = "Your message did not reach:\n\nanna@rossi.example\n", "postmaster@rossi.example"
    assert read(mail(words, sender, "Undeliverable: Re: x", "Return-Path: <>\n")).recipient == "anna@rossi.example"
    assert read(mail("", sender, "Undeliverable: x", COPY.format(words))).recipient == "anna@rossi.example"
    assert read(mail(f"{words}550 5.1.1 none", sender, "Undeliverable: x")).status == "5.1.1"


def test_a_null_reverse_path_with_words_and_form_is_enough():
    """RFC 5321 §4.5.5: from any author; without words it is an answer of some other program."""
    words = mail(EXIM, "abuse@mx.example", "about your mail")
    assert read(words) is None
    assert read(words, returned=True).recipient == "anna@rossi.example"
    assert read(mail("I am away until 550 days are over.", "a@b.example"), returned=True) is None


def test_a_report_that_names_nobody_is_about_the_letter_it_carries():
    """A letter of ours is to one."""
    assert read(mail("", more=COPY.format("Undeliverable"))).recipient == "anna@rossi.example"
    assert read(mail("", more=COPY.format("Undeliverable").replace("To:", "Cc:"))).recipient == ""


def test_the_header_names_the_recipient_as_exim_does():
    """X-Failed-Recipients: also where the words name others before."""
    found = read(mail("Mail to x@y.example failed: 550 5.7.1 no", more="X-Failed-Recipients: anna@rossi.example\n"))
    assert (found.recipient, found.status) == ("anna@rossi.example", "5.7.1")


def test_a_broken_report_is_read_by_its_fields():
    """A report whose MIME is lost on the way still has them, among the words."""
    raw = mail("Undeliverable.\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n")
    assert read(raw).recipients == (Fate("a@b.example", "5.1.1", "failed"),)
