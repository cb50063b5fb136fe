"""Frames: whether a signed body has one reading, where the fields that say how to read it are not signed.

Whoever sends a signed message on may write unsigned fields as they please. Another Content-Type makes markup of text,
or puts the text between other boundaries; another Content-Transfer-Encoding lifts what was quoted out of its quote:
the same octets, other words. An unsigned MIME-Version changes nothing: nobody here reads it. Total, linear.
"""

from __future__ import annotations

import re
from collections.abc import Container

from gateway.core.fields import Field
from gateway.core.mime import Head, head_of

READING = ("content-type", "content-transfer-encoding")
"""The fields that may be left out of a signature where the body shows what they say."""

_KINDS = frozenset({"multipart/alternative", "multipart/mixed", "multipart/related"})
"""All parts are the signer's, whichever of them is shown first. A report or a digest is read otherwise."""
_UNENCODED = frozenset({"", "7bit", "8bit", "binary"})
_TAIL = 1_000
"""Octets at the end, in which the closing delimiter has to be."""
_BOUNDARY = re.compile(rb"boundary[*0-9]*+=")  # with RFC 2231's continuations
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
_SOFT_BREAK = re.compile(rb"=\r\n(?<![=\r\n]=\r\n)")  # begins with what is rare, so that the search skips ahead
_ODD_ESCAPE = re.compile(rb"=(?!\r\n|3D|20|09|2E|46|[89A-F][0-9A-F])", re.IGNORECASE)
"""What programs escape is `=`, blanks at the end, a dot or an F in front of a line, and what is not ASCII."""


def misreading(signed: Container[str], fields: tuple[Field, ...], body: bytes) -> str:
    """Which field must have been signed, or "". Names in lower case; `body` has CRLF line ends."""
    head = head_of(fields)
    if "content-type" not in signed and not _frames_itself(head, fields, body):
        return "content-type is not signed"
    if "content-transfer-encoding" not in signed and not _encodes_itself(head, body):
        return "content-transfer-encoding is not signed"
    return ""


def _frames_itself(head: Head, fields: tuple[Field, ...], body: bytes) -> bool:
    """Whether the body begins and ends with the delimiters that the one Content-Type names."""
    types = [value for name, value in fields if name == "content-type"]
    if not types:
        return True  # plain text: RFC 2045 §5.2
    written = b"".join(types[0].lower().split())
    one_way = len(types) == 1 and b"(" not in written and len(_BOUNDARY.findall(written)) == 1
    if not one_way or head.kind not in _KINDS or not head.boundary:
        return False
    delimiter = b"--" + head.boundary
    last = body[-_TAIL:].rstrip(b"\r\n").rpartition(b"\r\n")[2]
    return body.startswith(delimiter + b"\r\n") and last == delimiter + b"--"


def _encodes_itself(head: Head, body: bytes) -> bool:
    """Whether another encoding than the one named would only garble: no quote ends, no markup begins."""
    if head.boundary:
        return head.encoding in _UNENCODED  # RFC 2045 §6.4; the parts have fields of their own, which are signed
    match head.encoding:
        case "base64":
            return not body.translate(None, _BASE64)  # text would have a blank
        case "quoted-printable":
            return not _ODD_ESCAPE.search(body)
        case encoding:  # the line under a soft break in a quote would begin without its mark
            return encoding in _UNENCODED and not _SOFT_BREAK.search(body)
