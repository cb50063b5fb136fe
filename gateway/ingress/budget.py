"""The memory budget: how many octets of finished messages may be in work at once, over all ingresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """Octets to be shared. One for the process."""

    def __init__(self, octets: int = 64 * 2**20) -> None:
        self._total = octets
        self._free = octets
        self._given_back = asyncio.Event()

    @property
    def free(self) -> int:
        """What nobody holds, in octets."""
        return self._free

    @asynccontextmanager
    async def hold(self, octets: int, seconds: float) -> AsyncIterator[None]:
        """Hold so much for as long as the block lasts. Raises TimeoutError when it does not become free in time.

        Whoever wants more than there is gets all of it, alone.
        """
        part = min(octets, self._total)
        async with asyncio.timeout(seconds):
            while self._free < part:
                self._given_back.clear()
                await self._given_back.wait()
        self._free -= part
        try:
            yield
        finally:
            self._free += part
            self._given_back.set()
