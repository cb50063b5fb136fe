"""Recipients: the addresses that a message came to; without an envelope (IMAP), those that its header names.

Only our own addresses with a token behind the plus mean anything to who asks. A token in a header proves what one in
RCPT TO does, for whoever knows it may write either; so bounces and answers find their way out of a mailbox, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from gateway.core.arrival import Arrival
from gateway.core.fields import split

FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
"""What a mail system writes about it comes before what the sender wrote."""
ADDRESSES = 50
OCTETS = 16 * 1024
"""Of one field."""

_TAGGED = re.compile(rb"[A-Za-z0-9!#$%&'*/=?^_`{|}~.-]{1,64}+\+[A-Za-z0-9._-]{1,200}+@[A-Za-z0-9.-]{1,255}+")


def recipients(arrival: Arrival) -> tuple[str, ...]:
    """The forward-paths; where nobody told any, at most `ADDRESSES` with something behind a plus. Total, linear."""
    if arrival.envelope is not None and arrival.envelope.forward_paths:
        return tuple(arrival.envelope.forward_paths)
    return tuple(dict.fromkeys(islice(_in_header(arrival.raw), ADDRESSES)))


def _in_header(raw: bytes) -> Iterator[str]:
    fields = split(raw)
    for name in FIELDS:
        for value in fields.all(name):
            for found in _TAGGED.finditer(value, 0, OCTETS):
                yield found[0].decode("ascii")
