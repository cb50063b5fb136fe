"""The census: figures of the database for the page of metrics, asked for at most so often, waited for at most so long.

Nobody who scrapes can wear the database out, and one that is locked or away makes the figures old, not the page late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog

from gateway.core.figures import Figures
from gateway.ports import Unavailable

FRESH = 5.0
"""Seconds that figures serve."""
PATIENCE = 0.5
"""Seconds that a page waits for new ones; then it tells the last, with their time."""

log = structlog.get_logger()


class Census:
    """`look` asks the database. One for the process."""

    def __init__(
        self, look: Callable[[], Awaitable[Figures]], fresh: float = FRESH, patience: float = PATIENCE
    ) -> None:
        self._look = look
        self._fresh = fresh
        self._patience = patience
        self._figures: Figures | None = None
        self._looked = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def figures(self) -> Figures | None:
        """New ones, or the last; None as long as there were none."""
        if self._looking is None and monotonic() - self._looked >= self._fresh:
            self._looking = asyncio.create_task(self._ask())
        if self._looking is not None:
            await asyncio.wait({self._looking}, timeout=self._patience)
        return self._figures

    async def _ask(self) -> None:
        try:
            self._figures = await self._look()
        except Unavailable as fault:
            log.info("metrics.figures-old", why=str(fault))
        finally:
            self._looked, self._looking = monotonic(), None
