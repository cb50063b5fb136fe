"""Patience: one deadline of one connection, that is moved for each command and costs no timer for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf


class Patience:
    """Calls `give_up` when the deadline is over. Its one timer, when it goes off before that, is set anew."""

    __slots__ = ("_deadline", "_give_up", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, give_up: Callable[[], None]) -> None:
        self._loop = loop
        self._give_up = give_up
        self._deadline = inf
        self._timer: asyncio.TimerHandle | None = None

    def until(self, deadline: float) -> None:
        """Wait until then, by the loop's clock, and no longer."""
        self._deadline = deadline
        if self._timer is None or deadline < self._timer.when():
            self._set()

    def endless(self) -> None:
        """What is waited for now is not the client."""
        self._deadline = inf

    def end(self) -> None:
        """Nothing is waited for any more."""
        self.endless()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline <= self._loop.time():
            self._give_up()
        elif self._deadline < inf:
            self._set()
