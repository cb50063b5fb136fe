"""The octets of one message while it is received: in memory while they are few, then in a file that has no name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self


class Body:
    """Write, then read once, then close. The file is 0600 and has no name, so a crash leaves nothing."""

    def __init__(self, folder: Path, memory: int) -> None:
        self._folder = folder
        self._memory = memory
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.octets = 0

    async def write(self, octets: bytes) -> None:
        """Append. Raises OSError when the disk will not have it."""
        self.octets += len(octets)
        self._chunks.append(octets)
        if self.octets > self._memory:
            chunks, self._chunks = self._chunks, []
            await asyncio.to_thread(self._spill, chunks)

    async def read(self) -> bytes:
        """All of it. Raises OSError."""
        if self._file is None:
            return b"".join(self._chunks)
        return await asyncio.to_thread(self._load, self._file)

    def close(self) -> None:
        """Forget the octets."""
        self._chunks = []
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spill(self, chunks: list[bytes]) -> None:
        if self._file is None:
            self._file = TemporaryFile(dir=self._folder)  # noqa: SIM115 - close() is called by `with Body`
        self._file.write(b"".join(chunks))

    @staticmethod
    def _load(file: IO[bytes]) -> bytes:
        file.seek(0)  # flushes what was written
        return file.read()
