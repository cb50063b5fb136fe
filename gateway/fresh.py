"""What is another at each call: the time, ids, chance. The one clock, and the one source of randomness."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from gateway.core.reference import REFERENCE_BITS, make_reference

_ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """18 letters: 10 of milliseconds, so that ids sort as they were made, and 40 random bits."""
    number = (int(now().timestamp() * 1000) << 40) | secrets.randbits(40)
    return "".join(_ID_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


def new_reference() -> str:
    """A ticket reference that nobody can guess."""
    return make_reference(secrets.randbits(REFERENCE_BITS))


def chance() -> float:
    """A number in [0, 1) that nobody can foresee."""
    return secrets.randbelow(1 << 32) / (1 << 32)
