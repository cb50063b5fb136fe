"""Watchdog: systemd hears that all is well for as long as it is, and in words how it goes. What hangs stops the pings.

Stuck inside is a `Stint` that stays the same for longer than it may take. That this runs at all shows that the loop
turns.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from gateway.core.letter import one_line
from gateway.core.standing import Report, Stint
from gateway.ops import notify

EVERY = 10.0
"""Seconds between two looks; less where systemd wants to hear more often."""
CHARACTERS = 300
"""Of the words for `systemctl status`, which everybody on this machine may read: so no words of servers."""

log = structlog.get_logger()


class Watchdog:
    """`run()` until cancelled. Time is counted in looks, so that a machine that slept has not hung."""

    def __init__(
        self,
        stints: Callable[[], Iterable[Stint]],
        words: Callable[[], str],
        environ: Mapping[str, str] = os.environ,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`words` say how it goes where nothing hangs."""
        self._stints = stints
        self._words = words
        self._environ = environ
        self._rest = rest
        watched = notify.watched(environ)
        self._every = min(EVERY, watched / 2) if watched else EVERY
        self._looks: dict[Stint, int] = {}
        """At so many looks in a row it was there."""

    async def run(self) -> None:
        """Look, tell, rest."""
        while True:
            if stuck := self._look():
                notify.status(f"STUCK inside: {', '.join(stuck)}", self._environ)
            else:
                notify.status(self._words(), self._environ)
                notify.alive(self._environ)
            await self._rest(self._every)

    def stuck(self) -> tuple[str, ...]:
        """What hangs, as of the last look."""
        late = (one for one, looks in self._looks.items() if self._is_late(one, looks))
        return tuple(f"{one.part}, for more than {one.within:.0f} s" for one in late)

    def _look(self) -> tuple[str, ...]:
        self._looks = {one: self._looks.get(one, -1) + 1 for one in self._stints()}
        for one, looks in self._looks.items():
            if self._is_late(one, looks) and not self._is_late(one, looks - 1):
                log.error(
                    "gateway.stuck",
                    part=one.part,
                    at=str(one.mark),
                    seconds=int(looks * self._every),
                    do="nothing: systemd starts it again; report it, with the lines before",
                )
        return self.stuck()

    def _is_late(self, one: Stint, looks: int) -> bool:
        return looks * self._every > one.within


def in_words(report: Report) -> str:
    """How it goes, on one line."""
    wrong = [one.ingress for one in report.standings if one.last_error]
    well = f"{len(report.standings) - len(wrong)} of {len(report.standings)} ingresses work"
    told = [f"{well}; `gateway status` tells of {', '.join(wrong)}" if wrong else well, *report.troubles]
    return one_line("; ".join(told), CHARACTERS)
