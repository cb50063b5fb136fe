"""Tickets: what a message's subject makes of one."""

from __future__ import annotations

import re
from enum import StrEnum, unique

from gateway.core.letter import one_line
from gateway.core.reference import untagged

SUBJECT_CHARACTERS = 200
_PREFIX = re.compile(r"(?:(?:re|r|rif|fwd?|i|aw|wg|sv|tr)(?:\[\d{1,3}\])?\s*:\s*){1,20}", re.IGNORECASE)


@unique
class Status(StrEnum):
    """The state of a ticket, which the customer can follow (R9)."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


def ticket_subject(subject: str) -> str:
    """The subject of a new ticket: one clean line, without tags and the prefixes of answers and forwards."""
    clean = one_line(untagged(subject), SUBJECT_CHARACTERS)
    return clean[match.end() :] if (match := _PREFIX.match(clean)) else clean
