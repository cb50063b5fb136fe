"""Rests: mail that could not be taken in, or not be moved, is left alone for a while, and stops no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from gateway.core.place import Folder
from gateway.ingress.imap.driver import FolderMissing, MailboxFault, OverQuota, Refused
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
    """What the server failed on together: from now on each of it alone, until it is known which it was."""
    blamed: bool = False
    """Whether one mail ended the connection, so that a new one need not wait for long."""
    unread: dict[int, datetime | None] = field(default_factory=dict)
    """What was found and is not taken in, and when it came."""
    lengths: dict[int, int] = field(default_factory=dict)
    """Octets of what was too large, though its RFC822.SIZE was not: it is not fetched again to find that out."""
    trouble: str = ""
    """Why the last of them was put off."""

    async def together(self, uids: Iterable[int], do: Callable[[list[int]], Awaitable[None]], what: str) -> None:
        """Have it done to all of these, suspects alone: one on which the server fails then rests.

        After a NO each is tried alone at once; after what ends the connection, the next time. Raises MailboxFault then.
        """
        for some in apart(uids, self.alone):
            try:
                await do(some)
            except (FolderMissing, OverQuota) as fault:
                self.put_off(some, f"{named(some)} {what}: {fault}")
            except Refused as fault:
                self.alone.update(some)
                if len(some) > 1:
                    await self.together(some, do, what)
                else:
                    self.put_off(some, f"{named(some)} {what}: {fault}")
            except MailboxFault as fault:
                if self.alone.issuperset(some):
                    self.blamed = True
                    self.put_off(some, f"{named(some)} {what}: {fault}")
                self.alone.update(some)
                raise

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


def apart(uids: Iterable[int], alone: set[int]) -> list[list[int]]:
    """Those that nothing is known against first, and together."""
    uids = list(uids)
    together = [uid for uid in uids if uid not in alone]
    return ([together] if together else []) + [[uid] for uid in uids if uid in alone]


def named(uids: list[int]) -> str:
    """Which, where it is one; else how many."""
    return f"UID {uids[0]}" if len(uids) == 1 else f"{len(uids)} messages"
