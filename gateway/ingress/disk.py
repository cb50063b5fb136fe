"""The disk: how much of it is free. With too little, mail waits where it is, so that what was taken can be finished."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from gateway.core.standing import Bound

LOOK_SECONDS = 1.0
"""Between two looks, however often it is asked."""
MIB = 2**20

log = structlog.get_logger()


class Disk:
    """Of these folders the fullest counts. `monotonic` is in seconds; one for the process."""

    def __init__(self, folders: Sequence[Path], least: int, monotonic: Callable[[], float]) -> None:
        self._folders = folders
        self._least = least
        self._monotonic = monotonic
        self._looked = -LOOK_SECONDS
        self._free = 0
        self._trouble = ""
        self._put_off = 0

    def trouble(self) -> str:
        """Why no mail can be taken in now; "" when it can."""
        if (now := self._monotonic()) - self._looked >= LOOK_SECONDS:
            self._looked = now
            was, self._trouble = self._trouble, self._look()
            if self._trouble and not was:
                log.warning("disk.short", why=self._trouble, do="make room, or lower limits.disk_free")
            elif was and not self._trouble:
                log.info("disk.enough", free=self._free)
        return self._trouble

    def refuses(self) -> str:
        """The same, counted: something is put off for it."""
        self._put_off += bool(trouble := self.trouble())
        return trouble

    @property
    def bound(self) -> Bound:
        """How much is free, and is to stay so."""
        self.trouble()
        return Bound("disk", self._free, self._least, self._put_off)

    def _look(self) -> str:
        free, where = min(map(_free, self._folders))
        self._free = max(free, 0)
        if free < 0:
            return f"{where}: the disk is read-only, or away; mail waits"
        if free < self._least:
            needed = f"limits.disk_free wants {self._least // MIB} MiB"
            return f"{where}: {free // MIB} MiB are free, {needed}; mail waits until there is room"
        return ""


def _free(folder: Path) -> tuple[int, Path]:
    """What a user who is not root may fill; -1 where nothing can be written."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return -1, folder
    return (-1 if found.f_flag & os.ST_RDONLY else found.f_bavail * found.f_frsize), folder
