"""Figures: what only the database knows of how the gateway does, as it was at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """Of several gateways over one database each sees the same."""

    at: datetime
    waiting: int = 0
    """Letters that are to be sent, now or later."""
    oldest: datetime | None = None
    """When the oldest of them was written."""
    due: datetime | None = None
    """When the first of them is to be tried; long past where nobody tries."""
    held: int = 0
    """Messages in quarantine."""
    held_since: datetime | None = None
    """When the oldest of them came."""
    off: Mapping[str, int] = field(default_factory=dict)
    """By how many messages the balance of each ingress is off, today and yesterday (I11)."""
    octets: int = 0
    free: int = 0
    """Octets of the database, and those of them that are free for what comes."""
    sources: Mapping[str, datetime] = field(default_factory=dict)
    """When a round of each source of accounts last ended well; of one that never did, when it was first asked."""
