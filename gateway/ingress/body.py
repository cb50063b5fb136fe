"""The octets of one message while it is received: in memory while they are few, then in a file that has no name."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self


class Body:
    """Add and spill, then read once, then close. The file is 0600 and has no name, so a crash leaves nothing."""

    def __init__(self, folder: Path, memory: int) -> None:
        self._folder = folder
        self._memory = memory
        self._kept = BytesIO()  # no list: where data come by twos, its entries are twenty times the data
        self._file: IO[bytes] | None = None
        self.octets = 0

    @property
    def is_full(self) -> bool:
        """Whether there is more in memory than may stay there."""
        return self._kept.tell() > self._memory

    def add(self, octets: bytes) -> None:
        """Append."""
        self.octets += len(octets)
        self._kept.write(octets)

    async def spill(self) -> None:
        """Put what is in memory into the file. Raises OSError when the disk will not have it."""
        await asyncio.to_thread(self._spill)

    async def read(self) -> bytes:
        """All of it. Raises OSError."""
        if self._file is None:
            return self._kept.getvalue()
        return await asyncio.to_thread(self._load)

    def close(self) -> None:
        """Forget the octets."""
        self._forget()
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spill(self) -> IO[bytes]:
        if self._file is None:
            self._file = TemporaryFile(dir=self._folder)  # noqa: SIM115 - close() is called by `with Body`
        self._file.write(self._kept.getbuffer())
        self._forget()
        return self._file

    def _load(self) -> bytes:
        file = self._spill()
        file.seek(0)  # flushes what was written
        return file.read()

    def _forget(self) -> None:
        self._kept = BytesIO()
