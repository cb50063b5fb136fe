"""What no person wrote, and what a person did write although it looks like it."""

import pytest

from gateway.core.automatic import automatic
from gateway.core.fields import split
from gateway.core.mime import walk
from gateway.core.reason import Reason


def judged(raw: bytes):
    header = split(raw)
    return automatic(header, walk(raw, header.fields, header.body))


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (b"Auto-Submitted: auto-replied", Reason.AUTO_RESPONSE),
        (b"Auto-Submitted: auto-generated; x=y", Reason.AUTO_RESPONSE),
        (b"Auto-Submitted: (no) auto-notified", Reason.AUTO_RESPONSE),
        (b"Auto-Submitted: no\r\nAuto-Submitted: auto-replied", Reason.AUTO_RESPONSE),
        (b"Auto-Submitted: no", None),
        (b"Auto-Submitted: NO (a person)", None),
        (b"Auto-Submitted:", None),
        (b"X-Autoreply: yes", Reason.AUTO_RESPONSE),
        (b"X-Autoreply: no", None),
        (b"X-Autorespond: Out", Reason.AUTO_RESPONSE),
        (b"X-Auto-Reply-From: a@b.example", Reason.AUTO_RESPONSE),
        (b"Precedence: auto_reply", Reason.AUTO_RESPONSE),
        (b"X-Failed-Recipients: a@b.example", Reason.AUTO_RESPONSE),
        (b"Content-Type: text/calendar; method=REPLY", Reason.AUTO_RESPONSE),
        (b"Content-Type: text/calendar; method=REQUEST", None),
        (b"Precedence: bulk", Reason.BULK),
        (b"Precedence: first-class", None),
        (b"List-Id: <x.example>", Reason.BULK),
        (b"List-Unsubscribe: <mailto:x>\r\nList-Unsubscribe-Post: x", Reason.BULK),
        (b"List-Unsubscribe: <mailto:x>", None),
        (b"Feedback-ID: x", None),
        (b"X-Auto-Response-Suppress: All", None),
    ],
)
def test_a_program_says_so_in_its_header(field, reason):
    """RFC 3834 §5 and kin; in doubt it is a person."""
    assert judged(field + b"\r\n\r\nx\r\n") is reason


def test_a_read_receipt_is_an_automatic_answer():
    """RFC 8098."""
    head = b"Content-Type: multipart/report; boundary=b\r\n\r\n"
    part = b"--b\r\nContent-Type: message/disposition-notification\r\n\r\nx: y\r\n--b--\r\n"
    assert judged(head + part) is Reason.AUTO_RESPONSE
    assert judged(head.replace(b"report", b"mixed") + part) is None
