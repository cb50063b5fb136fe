"""The sweep, a story: from time to time what retention has no more time for goes, beside the mail that comes in.

A database that is away only puts it off; what a reload changes counts from the next sweep on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from gateway.core.retention import Retention, Swept
from gateway.ports import Keeper, Unavailable

EVERY = timedelta(hours=1)
PAUSE = timedelta(milliseconds=50)
"""Between two pieces of work: most of the time the writer is there for mail."""
BY = "gateway"

log = structlog.get_logger()


class Sweep:
    """Runs until cancelled. `retention` says what is in force, `rest` waits for so many seconds."""

    def __init__(
        self,
        keeper: Keeper,
        retention: Callable[[], Retention],
        now: Callable[[], datetime],
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._keeper = keeper
        self._retention = retention
        self._now = now
        self._rest = rest

    async def run(self) -> None:
        """Sweep, rest, and again."""
        while True:
            await self.once()
            await self._rest(EVERY.total_seconds())

    async def once(self) -> Swept:
        """One run, as of now."""
        try:
            swept = await self._keeper.sweep(self._retention(), self._now(), BY, self._pause)
        except Unavailable as fault:
            log.warning(
                "retention.unavailable",
                why=str(fault),
                again_in=EVERY.total_seconds(),
                do="mend that; nothing is deleted until then",
            )
            return Swept()
        if swept:
            log.info("retention.swept", **swept.record())
        return swept

    async def _pause(self) -> None:
        await self._rest(PAUSE.total_seconds())
