"""What is kept of a source of tokens, in a file of its own: whole or not at all, for this user's eyes only.

Commands write it beside the daemon: whoever asks the server holds the lock, and reads the file again first.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.core.times import moment, stamp
from gateway.ports import Unavailable

LOCK_SECONDS = 45.0
"""Longer than whoever holds the lock may take to ask."""
LOCK_LOOK = 0.05
OCTETS = 2**17

_MOMENTS = frozenset({"renew_at", "expires_at", "refresh_ends_at", "asked_at"})
_PERHAPS = frozenset({"refresh_ends_at", "asked_at"})
"""Those that are not always known."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """Tokens, when they end, and how the last asking went."""

    origin: str = ""
    """What they were given for; tokens of another origin are not used."""
    access_token: str = field(default="", repr=False)
    renew_at: datetime = _LONG_AGO
    expires_at: datetime = _LONG_AGO
    refresh_token: str = field(default="", repr=False)
    refresh_ends_at: datetime | None = None
    asked_at: datetime | None = None
    last_error: str = ""

    def good(self, at: datetime, refused: str) -> bool:
        """Whether the access token is still worth something."""
        return bool(self.access_token) and at < self.expires_at and self.access_token != refused

    def fresh(self, at: datetime, refused: str) -> bool:
        """Whether it need not be renewed yet."""
        return self.good(at, refused) and at < self.renew_at


_NAMES = tuple(one.name for one in fields(Kept))


@dataclass(frozen=True, slots=True)
class TokenFile:
    """One file in the directory of tokens, and its lock beside it."""

    path: Path

    def read(self) -> Kept:
        """What it holds; nothing where it is not there, or not what this gateway writes. Raises Unavailable."""
        try:
            with self.path.open("rb") as file:
                return _read(json.loads(file.read(OCTETS)))
        except FileNotFoundError:
            return Kept()
        except OSError as fault:
            raise Unavailable(f"{self.path}: {fault.strerror}") from fault
        except (ValueError, TypeError, KeyError, RecursionError):
            return Kept()

    def write(self, kept: Kept) -> None:
        """On disk when it returns. Raises Unavailable."""
        record = {key: stamp(value) if key in _MOMENTS and value else value for key, value in asdict(kept).items()}
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            descriptor = self._private(beside, os.O_WRONLY | os.O_TRUNC)
            with os.fdopen(descriptor, "w") as file:
                json.dump(record, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            _sync(self.path.parent)
        except OSError as fault:
            raise Unavailable(f"{self.path}: {fault.strerror}") from fault

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nobody else asks for this source meanwhile. Raises Unavailable."""
        try:
            descriptor = self._private(self.path.with_suffix(".lock"), os.O_RDWR)
        except OSError as fault:
            raise Unavailable(f"{self.path.parent}: {fault.strerror}") from fault
        try:
            waited = 0.0
            while not self._locked(descriptor):  # another process says nothing when it lets go
                if waited >= LOCK_SECONDS:
                    raise Unavailable(f"{self.path}: another gateway has held its lock for {LOCK_SECONDS:g} s")
                await asyncio.sleep(LOCK_LOOK)
                waited += LOCK_LOOK
            yield
        finally:
            os.close(descriptor)

    def version(self) -> tuple[int, int] | None:
        """Something that is another whenever the file was written."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _locked(self, descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as fault:  # ENOLCK: not every file system has locks, nor always one left
            raise Unavailable(f"{self.path.with_suffix('.lock')}: {fault.strerror}") from fault
        return True

    def _private(self, path: Path, flags: int) -> int:
        """Open for writing, 0600 (threats rule 17); of root's making it belongs to whom the directory belongs to."""
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _given(os.open(path.parent, os.O_RDONLY), path.parent.parent, close=True)
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        _given(descriptor, path.parent)
        return descriptor


def _given(descriptor: int, to_owner_of: Path, *, close: bool = False) -> None:
    try:
        if os.geteuid() == 0:
            owner = to_owner_of.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    finally:
        if close:
            os.close(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(record: Any) -> Kept:
    values: dict[str, Any] = {key: _moment(key, record[key]) if key in _MOMENTS else record[key] for key in _NAMES}
    if not all(isinstance(value, str) for key, value in values.items() if key not in _MOMENTS):
        raise ValueError("no text")
    return Kept(**values)


def _moment(key: str, text: Any) -> datetime | None:
    if text is None and key in _PERHAPS:
        return None
    found = moment(text)
    if found.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return found
