"""No NUL and no half of a character is written down, however it was sent: PostgreSQL takes neither, in text or JSON."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, Text, cast, select

from gateway.core.verdict import Defer
from gateway.store.tables import metadata
from house import letter

PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
QUOTED = "Content-Transfer-Encoding: quoted-printable\r\n"
PARTS = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nYQAAAGIA2AA=\r\n"
    b"--b\r\nContent-Disposition: attachment; filename*=utf-8''e%00f%ED%A0%80\r\n"
    b'Content-Type: application/octet-stream; name="=?utf-8?q?q=00w?="\r\n\r\nyy\r\n'
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>a&#0;b &#xD800; x</p>\r\n--b--\r\n"
)
REPORT = (
    b"From: x@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\n\r\nhi\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Reporting-MTA: dns;x=00y\r\n\r\nFinal-Recipient: rfc822;a=00b@c.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp;55=00\r\n\r\n--b--\r\n"
)
MAIL = {
    "as octets": letter(subject="a\0b", text="x\0y"),
    "nothing else": b"\0" * 50,
    "in a subject": letter(subject="=?utf-8?q?a=00b?= =?utf-16?b?2AAAAA==?="),
    "in a name": letter(author="=?utf-8?q?a=00b?= <tecnico@rossi.example>"),
    "in a text": letter(more=QUOTED, text="> q=00\r\nx=00=ED=A0=80y\r\n-- \r\nsig=00"),
    "in parts": letter().replace(PLAIN, PARTS),
    "in HTML": letter(text="<p>a&#0;b&#xD83D;</p>").replace(b"text/plain", b"text/html"),
    "in a report": REPORT,
}


@pytest.mark.parametrize("raw", MAIL.values(), ids=MAIL)
async def test_what_is_written_can_be_kept_anywhere(gateway, raw):
    """It is recorded, not put off for ever; and in no column of any row stands what PostgreSQL refuses."""
    receipt = await gateway.receive(raw)
    assert not isinstance(receipt.verdict, Defer)
    for table in metadata.sorted_tables:
        columns = [cast(one, Text) if isinstance(one.type, JSON) else one for one in table.c]
        for row in gateway.database.read(lambda c, columns=columns: c.execute(select(*columns)).all()):
            words = " ".join(str(value) for value in row if not isinstance(value, bytes))
            assert "\0" not in words
            assert "\\u0000" not in words
            assert "\\ud8" not in words.lower().replace("\\ud83d\\u", "")
