"""Delivery reports, told by their form (RFC 3464)."""

from gateway.core.fields import split
from gateway.core.message import Report
from gateway.core.mime import walk
from gateway.core.report import report_of

HEAD = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nsorry\r\n"
STATUS = (
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; <a@b.example>\r\nAction: Failed\r\nStatus: 5.1.1 (no such user)\r\n\r\n"
    b"Final-Recipient: rfc822; c@d.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n--b--\r\n"
)


def read(raw: bytes):
    header = split(raw)
    return report_of(raw, walk(raw, header.fields, header.body))


def test_the_first_recipient_is_reported():
    """RFC 3464 §2.3."""
    assert read(HEAD + STATUS) == Report("a@b.example", "5.1.1", "failed")


def test_a_report_that_says_nothing_is_a_report():
    """It is recognised by its form."""
    assert read(HEAD + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nrubbish\r\n--b--\r\n") == Report()


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
    assert read(raw) == Report("a @b.example", "", "")
