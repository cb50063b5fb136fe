"""The sync, a story: from time to time each source is asked for the accounts that it keeps, one after the other.

A source that cannot be asked, or whose answer is refused, changes nothing and stops nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

LOOK = 5.0
"""Seconds between two looks at whose time has come; what a reload brings is looked at at once."""


class Round(Protocol):
    """A source, and what is done with what it says."""

    def due(self) -> bool:
        """Whether its time has come: a look that writes nothing."""

    def take(self) -> None:
        """Ask, and make it so. All that is to be expected is told and written down, not raised."""

    def give_up(self) -> None:
        """End soon, and for good; from another thread."""


class Sync:
    """Runs until cancelled. `mine` says whether it is this gateway that syncs; it looks every `look` seconds."""

    def __init__(self, rounds: Sequence[Round], mine: Callable[[], bool], look: float = LOOK) -> None:
        self._rounds = rounds
        self._mine = mine
        self._look = look
        self._other = asyncio.Event()

    def reload(self, rounds: Sequence[Round]) -> None:
        """From the next look on it is these."""
        self._rounds = rounds
        self._other.set()

    async def run(self) -> None:
        """Look, rest, and again."""
        while True:
            self._other.clear()
            for one in self._rounds if self._mine() else ():
                await self._turn(one)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._other.wait(), self._look)

    @staticmethod
    async def _turn(one: Round) -> None:
        """In a thread: a database of somebody else's is waited for."""
        try:
            if await asyncio.to_thread(one.due):
                await asyncio.to_thread(one.take)
        except asyncio.CancelledError:
            one.give_up()
            raise
