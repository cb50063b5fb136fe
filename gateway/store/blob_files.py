"""Blobs as files: one a blob, under its first two digits; whole and on disk before its name is there.

A temporary name in the same folder, the octets synced, the rename, the folders synced. What is killed in between leaves
a temporary file, which goes after a day. All for our eyes only (threats rule 17).
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkstemp

from gateway.ports import Unavailable
from gateway.store.blobs import Found

STALE = timedelta(days=1)
"""A temporary file of this age is nobody's any more."""
_NAME = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = ".put-"


class Files:
    """A folder of blobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, octets: bytes) -> None:
        """Keep these; on return they are on disk, whatever stood under the name before."""
        path = self._path(name)
        with self._asking():
            _make(self.folder.parent)
            for folder in (self.folder, path.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            descriptor, temporary = mkstemp(prefix=_TEMPORARY, dir=path.parent)  # 0600
            try:
                with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, and no path
                    file.write(octets)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            for folder in (path.parent, self.folder, self.folder.parent):  # whoever else has made them just now
                sync(folder)

    def get(self, name: str, most: int) -> bytes | None:
        """The octets, or None where there is no such file."""
        with self._asking():
            try:
                with self._path(name).open("rb") as file:
                    return file.read(most + 1)
            except FileNotFoundError:
                return None

    def delete(self, names: Collection[str]) -> None:
        """Take these away, for good on return."""
        with self._asking():
            folders = set[Path]()
            for path in map(self._path, names):
                with suppress(FileNotFoundError):
                    path.unlink()
                    folders.add(path.parent)
            for folder in folders:
                sync(folder)

    def found(self, prefix: str, now: datetime) -> Iterator[Found]:
        """All that begin with these two digits. What killed puts have left goes meanwhile."""
        with self._asking():
            try:
                entries = list(os.scandir(self.folder / prefix))
            except FileNotFoundError:
                return
            for entry in entries:
                with suppress(FileNotFoundError):  # deleted while we look
                    stat = entry.stat(follow_symlinks=False)
                    put_at = datetime.fromtimestamp(stat.st_mtime, UTC)
                    if _NAME.fullmatch(entry.name):
                        yield Found(entry.name, stat.st_size, put_at)
                    elif entry.name.startswith(_TEMPORARY) and put_at < now - STALE:
                        Path(entry.path).unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):  # never a way out of the folder
            raise ValueError(f"{name!r} is no sha256")
        return self.folder / name[:2] / name

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn what the disk says into the third answer (I9)."""
        try:
            yield
        except OSError as fault:
            raise Unavailable(f"blobs {self.folder}: {fault.strerror or fault}") from fault


def _make(folder: Path) -> None:
    """With what is missing around it, each on disk before there is anything in it."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync(folder.parent)


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
