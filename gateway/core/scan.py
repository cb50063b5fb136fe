"""Scan: what a virus scanner says of a message. "Could not be asked" is not among them: that is `Unavailable` (I9)."""

from __future__ import annotations

from dataclasses import dataclass

NOT_SCANNED = "not-scanned"
"""What stands for a signature where nothing was looked at, and an operator takes that on."""


@dataclass(frozen=True, slots=True)
class Clean:
    """It was looked at, whole, and nothing was found."""

    signature = ""


@dataclass(frozen=True, slots=True)
class Infected:
    """It was found; `signature` is the scanner's name for it, cleaned and bounded."""

    signature: str


@dataclass(frozen=True, slots=True)
class NotScanned:
    """It was not looked at, and asking again would not help, or was not wanted. `why` is for the operator."""

    why: str

    signature = NOT_SCANNED


Scan = Clean | Infected | NotScanned
