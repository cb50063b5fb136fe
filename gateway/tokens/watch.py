"""The watch over sources of tokens: what is near its end is told days before, and what has ended at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal, Protocol

import structlog

from gateway.ports import Unavailable, Ungranted
from gateway.tokens.source import Source

ALARM = timedelta(days=14)
"""Before the end of a secret, a certificate or a consent."""
LOOK = 3600.0
"""Seconds between two looks. Each renews what is due, so a consent taken back is noticed though no connection ends."""
REPEAT = timedelta(days=1)

log = structlog.get_logger()


class Meter(Protocol):
    """Whoever counts."""

    def credential_ends(self, name: str, ends: datetime) -> None:
        """A secret or a consent ends then."""


def nearing(ends: datetime | None, at: datetime) -> Literal["", "ending", "ended"]:
    """Whether somebody has to act on it."""
    if ends is None or ends - at > ALARM:
        return ""
    return "ended" if ends <= at else "ending"


async def watch(
    sources: Callable[[], Iterable[Source]],
    meter: Meter,
    now: Callable[[], datetime],
    pause: Callable[[float], Awaitable[None]],
) -> None:
    """Look now and then, until cancelled."""
    told: dict[str, datetime] = {}
    while True:
        for source in sources():
            with suppress(Unavailable, Ungranted):  # the source has told
                await source.token()
            _look(source, meter, told, now())
        await pause(LOOK)


def _look(source: Source, meter: Meter, told: dict[str, datetime], at: datetime) -> None:
    try:
        ends = source.ends(source.kept())
    except (Unavailable, Ungranted):
        return
    if ends is not None:
        meter.credential_ends(source.name, ends)
    if (state := nearing(ends, at)) and ends and (source.name not in told or at - told[source.name] >= REPEAT):
        told[source.name] = at
        log.warning(
            "credential.ends",
            name=source.name,
            state=state,
            ends=ends.isoformat(),
            days=(ends - at).days,
            do=f"renew it: `gateway auth login {source.name}`, or a new secret at the provider",
        )
