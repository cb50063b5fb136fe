"""Accounts from a file that something else writes: watched, copied whole, and believed only where its end is there."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from gateway.config.roster import READERS, read_stream
from gateway.core.problem import Problem
from gateway.core.roster import Entry
from gateway.core.sourced import ACCOUNTS, OCTETS, Roster
from gateway.ports import Unavailable

PIECE = 1024 * 1024


class FileSource:
    """ports.Source of a file: CSV, YAML or JSON Lines, as for an import."""

    kind = "file"

    def __init__(
        self, name: str, path: Path, oldest: timedelta | None, folder: Path, now: Callable[[], datetime]
    ) -> None:
        """`oldest`: a file that was written longer ago is not believed; `folder` is where it is copied to."""
        self.name = name
        self._path = path
        self._oldest = oldest
        self._folder = folder
        self._now = now
        self._given_up = threading.Event()
        self._seen: tuple[tuple[int, ...], str] = ((), "")
        """What the file system said of it, and its digest then."""

    def fetch(self, known: str) -> Roster | None:
        """What stands in it; None where that is what is `known`. Raises Unavailable."""
        of = f"source {self.name}"
        try:
            with ExitStack() as opened:
                file = opened.enter_context(os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK), "rb"))
                before = os.fstat(file.fileno())
                if not stat.S_ISREG(before.st_mode):  # nobody ends the wait for a pipe's writer
                    raise Unavailable(f"{of}: {self._path} is not a file")
                if trouble := self._old(before):
                    raise Unavailable(f"{of}: {self._path} {trouble}")
                if known and self._seen == (_face(before), known):
                    return None
                copy = opened.enter_context(tempfile.TemporaryFile(dir=self._folder))
                digest, end = self._copied(file, copy, of)
                if _face(before) != _face(self._path.stat()):
                    raise Unavailable(f"{of}: {self._path} is being written; put it there whole, by rename")
                self._seen = _face(before), digest
                if digest == known:
                    return None
                if end not in {b"\n", b""}:  # what is cut off may read well: rossi.exam for rossi.example
                    wrong, right = "ends within a line: a part of it is missing", "write it whole, a line end last"
                    return Roster("", [Problem(str(self._path), 0, "", wrong, right)])
                opened.pop_all()
                file.close()
                return Roster(digest, self._entries(copy))
        except OSError as fault:
            raise Unavailable(f"{of}: {self._path}: {fault.strerror}") from fault

    def give_up(self) -> None:
        """Nobody waits any more; from another thread."""
        self._given_up.set()

    def _old(self, found: os.stat_result) -> str:
        age = self._now().timestamp() - found.st_mtime
        if self._oldest is None or age <= self._oldest.total_seconds():
            return ""
        return f"was last written {timedelta(seconds=int(age))} ago: whatever writes it has stopped"

    def _copied(self, file: BinaryIO, copy: BinaryIO, of: str) -> tuple[str, bytes]:
        """Its digest, and its last octet."""
        digest, octets, last = hashlib.sha256(self._path.suffix.lower().encode() + b"\0"), 0, b""
        while piece := file.read(PIECE):
            octets, last = octets + len(piece), piece[-1:]
            if self._given_up.is_set():
                raise Unavailable(f"{of}: the gateway stops")
            if octets > OCTETS:
                raise Unavailable(f"{of}: {self._path} is over {OCTETS} octets")
            digest.update(piece)
            copy.write(piece)
        copy.seek(0)
        return digest.hexdigest(), last

    def _entries(self, copy: BinaryIO) -> Iterator[Entry | Problem]:
        with copy:
            found = read_stream(copy, str(self._path), READERS[self._path.suffix.lower()])
            for number, one in enumerate(found, 1):
                if number > ACCOUNTS:
                    yield Problem(str(self._path), 0, "", f"says over {ACCOUNTS} accounts", "too much to be right")
                    return
                yield one


def _face(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_size, found.st_mtime_ns
