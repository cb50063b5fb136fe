"""The nameservers, asked about ourselves once a minute: when nothing is answered any more, the operator hears of it.

Not reckoned from what mail makes us ask: a stranger whose own nameservers are broken would raise this alarm, and a
night without mail would hide it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

EVERY = 60.0
"""Seconds between two questions; at the start `check` has asked."""
AGAIN = 20.0
"""The same after one without an answer."""
SILENT_AFTER = 3
"""Questions in a row: a resolver that restarts misses one."""

log = structlog.get_logger()


class Nameservers:
    """`ask` says whether there was any answer, within a bound of its own; `pause` waits so many seconds."""

    def __init__(
        self, ask: Callable[[], Awaitable[bool]], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._ask = ask
        self._pause = pause
        self.unanswered = 0
        """In a row."""

    def trouble(self) -> str:
        """What waits for an answer; "" while there are some."""
        if self.unanswered < SILENT_AFTER:
            return ""
        return "no nameserver answers; mail that only our own check could let in is put off (451)"

    async def run(self) -> None:
        """Ask, until cancelled."""
        while True:
            await self._pause(AGAIN if self.unanswered else EVERY)
            self._heard(answered=await self._ask())

    def _heard(self, *, answered: bool) -> None:
        """Told once, and once when it is over: the status and the metric tell meanwhile."""
        before, self.unanswered = self.unanswered, 0 if answered else self.unanswered + 1
        if answered and before >= SILENT_AFTER:
            log.info("dns.speaks", after=before)
        if self.unanswered == SILENT_AFTER:
            log.warning(
                "dns.silent",
                why=self.trouble(),
                do="mend the resolver, or `authentication.nameservers`; `gateway check` asks it",
            )
