"""The memory budget: how many octets of finished messages may be in work at once, over all ingresses, in fair turns."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.core.standing import Bound

OCTETS = 64 * 2**20
LEAST = 64 * 2**10
"""What a message counts at least, for a small one costs more than its octets: so at most 1,024 are in work."""
KEPT = 8
"""One part in so many is kept for clients of whom nothing is in work, so that nobody keeps all others out."""


class Budget:
    """Octets to be shared. One for the process."""

    def __init__(self, octets: int = OCTETS, least: int = LEAST) -> None:
        self._total = octets
        self._least = least
        self._free = octets
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[tuple[int, asyncio.Future[None]]]] = {}
        self._put_off = 0

    @property
    def free(self) -> int:
        """What nobody holds, in octets."""
        return self._free

    @property
    def bound(self) -> Bound:
        """How much is in work."""
        return Bound("memory", self._total - self._free, self._total, self._put_off)

    @asynccontextmanager
    async def hold(self, octets: int, seconds: float, client: str = "") -> AsyncIterator[None]:
        """Hold so much for as long as the block lasts. Raises TimeoutError when it does not become free in time.

        Whoever wants more than there is gets all of it, alone.
        """
        part = min(max(octets, self._least), self._total)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append((part, turn))
        self._share_out()
        try:
            await self._come(turn, seconds)
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._give_back(client, part)
            else:
                self._remove(client, part, turn)
            self._share_out()

    async def _come(self, turn: asyncio.Future[None], seconds: float) -> None:
        if turn.done():  # nearly always: no timer for it
            return
        try:
            async with asyncio.timeout(seconds):
                await turn
        except TimeoutError:
            self._put_off += 1
            raise

    def _share_out(self) -> None:
        """Clients have turns, each with its oldest."""
        while (client := self._next()) is not None:
            part, turn = self._waiting[client][0]
            self._remove(client, part, turn)
            if client in self._waiting:
                self._waiting[client] = self._waiting.pop(client)  # behind the others
            self._free -= part
            self._held[client] += part
            turn.set_result(None)

    def _next(self) -> str | None:
        """Whose turn it is. One whose message does not fit yet is passed only by those of whom nothing is in work."""
        passed = False
        for client, queue in self._waiting.items():
            new = client not in self._held
            if (new or not passed) and queue[0][0] <= self._free - (0 if new else self._total // KEPT):
                return client
            passed = True
        return None

    def _give_back(self, client: str, part: int) -> None:
        self._free += part
        self._held[client] -= part
        if not self._held[client]:
            del self._held[client]  # a stranger's address stays in no memory

    def _remove(self, client: str, part: int, turn: asyncio.Future[None]) -> None:
        self._waiting[client].remove((part, turn))
        if not self._waiting[client]:
            del self._waiting[client]
