"""The clock, as far as it goes back: what was to be done at a time before waits until that time has come again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from gateway.core.times import stamp

SLACK = timedelta(minutes=1)
"""What daemons that keep the time may take back without a word."""

SET_IT = "set it right (timedatectl), for what is to be tried again waits until then"

log = structlog.get_logger()


def behind(now: datetime, newest: datetime | None) -> str:
    """Why the clock must be behind; "" where nothing says so. Nobody tells the time; but nothing came in tomorrow."""
    if newest is None or newest - now <= SLACK:
        return ""
    return f"this machine says {stamp(now)}, and the newest message came at {stamp(newest)}"


def tell_if_behind(now: datetime, newest: datetime | None) -> None:
    """Once, at the start: it may as well have been ahead when that message came, and be right now."""
    if why := behind(now, newest):
        log.warning("clock.behind", why=why, do=SET_IT)


class Clock:
    """Asked from time to time. Nothing is lost by it, and it mends itself: it is told, so that nobody wonders."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._latest = now()
        self._back = False

    def trouble(self) -> str:
        """What waits for the clock to be where it was; "" when nothing does."""
        now = self._now()
        if self._latest - now <= SLACK:
            self._latest, self._back = max(self._latest, now), False
            return ""
        why = f"the clock was set back: at {stamp(self._latest)} it became {stamp(now)}"
        if not self._back:
            self._back = True
            log.warning(
                "clock.set-back",
                why=why,
                by=int((self._latest - now).total_seconds()),
                do="nothing, if it is right now; else set it: what is to be tried again waits",
            )
        until = f"letters and mails that were to be tried again before {stamp(self._latest)} wait until then"
        return f"the clock was set back; {until}"
