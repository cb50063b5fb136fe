"""Hops: the id under which the server that handed a message to us had it in its queue. Total, linear, and no proof.

It is what that server's own log is searched by. At the edge the server is a stranger's, and so is what it writes.
"""

from __future__ import annotations

import re

from gateway.core.fields import HEADER_OCTETS

QUEUE_ID_CHARACTERS = 64
FIELD_OCTETS = 4096

_TOPMOST = re.compile(rb"(?:\A|\n)(?i:received)[ \t]*+:([^\n]*+(?>(?:\n[ \t][^\n]*+)*))")
_BODY = (b"\n\r\n", b"\n\n")
_COMMENT = re.compile(rb"\([^()]*+\)")
_ID = re.compile(rb"\sid\s++([!-:<-~]{1,%d})(?=[\s;]|\Z)" % QUEUE_ID_CHARACTERS, re.IGNORECASE)
_NESTED = 3
"""Comments in comments, as Exim writes them, so deep."""


def queue_id(raw: bytes) -> str:
    """The `id` clause of the topmost Received (RFC 5321 §4.4), without angle brackets; "" where there is none."""
    found = _TOPMOST.search(raw, 0, HEADER_OCTETS)
    if found is None or any(raw.find(one, 0, found.start() + 2) >= 0 for one in _BODY):
        return ""
    clauses = found[1][:FIELD_OCTETS]
    for _ in range(_NESTED):
        clauses = _COMMENT.sub(b" ", clauses)
    match = _ID.search(clauses.partition(b";")[0])
    return match[1].decode("ascii").strip("<>") if match else ""
