"""Rests: mail that could not be taken in, or not be moved, is left alone for a while, and stops no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.core.place import Folder
from gateway.ingress.mailbox_settings import MAIL


@dataclass(slots=True)
class Rests:
    """Of one folder: how often a mail was put off, and until when it is left alone. In memory only."""

    folder: Folder | None
    until: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    """What was being fetched when a connection ended: from now on each of it alone, until it is known which did it."""
    unread: dict[int, datetime | None] = field(default_factory=dict)
    """What was found and is not taken in, and when it came."""
    trouble: str = ""
    """Why the last of them was put off."""

    def put_off(self, uid: int, now: datetime, chance: float) -> None:
        """Leave it alone for longer than before."""
        attempts = self.until.get(uid, (0, now))[0] + 1
        self.until[uid] = attempts, now + MAIL.after(attempts, chance)

    def awake(self, uid: int, now: datetime) -> bool:
        """Whether its time has come."""
        return uid not in self.until or self.until[uid][1] <= now

    def next(self) -> datetime | None:
        """When the first of them wakes."""
        return min((when for _, when in self.until.values()), default=None)
