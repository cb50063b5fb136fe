"""Rests: mail that could not be taken in, or not be moved, is left alone for a while, and stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from gateway.core.place import Folder
from gateway.ingress.mailbox_settings import MAIL

log = structlog.get_logger()


@dataclass(slots=True)
class Rests:
    """Of one folder: how often a mail was put off, and until when it is left alone. In memory only."""

    folder: Folder | None
    now: Callable[[], datetime]
    chance: Callable[[], float]
    until: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    """What was being fetched when a connection ended: from now on each of it alone, until it is known which did it."""
    unread: dict[int, datetime | None] = field(default_factory=dict)
    """What was found and is not taken in, and when it came."""
    trouble: str = ""
    """Why the last of them was put off."""

    def put_off(self, uids: Sequence[int], why: str) -> None:
        """Leave them alone for longer than before."""
        self.trouble = why
        for uid in uids:
            attempts = self.until.get(uid, (0, None))[0] + 1
            self.until[uid] = attempts, self.now() + MAIL.after(attempts, self.chance())
        # no warning: a stranger's DNS can cause it; `status` shows what goes on being so
        log.info("mailbox.put-off", ingress=self.folder.ingress if self.folder else "", uids=uids[:10], why=why)

    def forget(self, uids: Iterable[int]) -> None:
        """Nothing more is to be done with these."""
        for uid in uids:
            self.unread.pop(uid, None)
            self.until.pop(uid, None)
            self.alone.discard(uid)

    def awake(self, uid: int) -> bool:
        """Whether its time has come."""
        return uid not in self.until or self.until[uid][1] <= self.now()

    def next(self) -> datetime | None:
        """When the first of them wakes."""
        return min((when for _, when in self.until.values()), default=None)
