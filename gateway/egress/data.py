"""DATA: one letter's octets to the smarthost, and what it said to them.

Written out here, because the library takes every yes but 250 for a refusal, and the letter would go again.
"""

from __future__ import annotations

import re

from aiosmtplib import SMTP, SMTPResponse, SMTPServerDisconnected

from gateway.core.reply import Outcome
from gateway.egress.answers import accepted, delivered, refused

_GO_ON = 354
_LINE_END = re.compile(rb"\r\n|\n|\r")
_DOT = re.compile(rb"^\.", re.MULTILINE)


async def hand_in(smtp: SMTP, octets: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 - for each answer, by the library
    """DATA and the letter after RCPT, by the only holder of the connection. Raises what the library raises."""
    reply = await smtp.execute_command(b"DATA", timeout=timeout)
    if reply.code != _GO_ON:  # also a 250, before a word was written: then it is not delivered
        return refused("DATA", reply.code, reply.message)
    reply = await _written(smtp, octets, timeout)
    return delivered(reply) if accepted(reply) else refused("DATA", reply.code, reply.message)


async def _written(smtp: SMTP, octets: bytes, timeout: float) -> SMTPResponse:  # noqa: ASYNC109 - as above
    if smtp.protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    smtp.protocol.write(_stuffed(octets))
    return await smtp.protocol.read_response(timeout=timeout)


def _stuffed(octets: bytes) -> bytes:
    """The letter as it stands on the wire: lines ended by CRLF, leading dots doubled, and the dot that ends it."""
    lines = _LINE_END.sub(b"\r\n", octets)  # a bare CR or LF may end it early elsewhere, RFC 5321 §2.3.8
    whole = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return _DOT.sub(b"..", whole) + b".\r\n"  # RFC 5321 §4.5.2
