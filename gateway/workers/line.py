"""The line to one worker, as the daemon holds it: what it is asked, and what becomes of that when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Any

import structlog

from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.core.committed import Record
from gateway.ports import Unavailable
from gateway.workers.words import Frames, answered, framed, question
from gateway.workers.worker import HELLO

log = structlog.get_logger()

LONGEST_ANSWER = 64 * 2**20
"""Octets: what a message says of itself is never longer than the message, which does not come back."""


class Refused(Exception):  # noqa: N818 - an answer
    """A worker will not go by what it was given. The words say why."""


class Died(Exception):  # noqa: N818 - what befell it
    """The worker has ended with a message in its hands."""


class Line(asyncio.Protocol):
    """A stream socket with frames on it. `gone` is told when it is closed, by whomever."""

    def __init__(self, gone: Callable[[Line], None]) -> None:
        self.ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.born = monotonic()
        self.pid = 0
        self.digest = ""
        self._gone = gone
        self._wire: asyncio.Transport | None = None
        self._frames = Frames(LONGEST_ANSWER)
        self._numbers = count(HELLO + 1)
        self._asked: dict[int, tuple[asyncio.Future[Any], Arrival, float]] = {}
        self._retired = False

    def busy(self) -> int:
        """How many messages it has."""
        return len(self._asked)

    async def ask(self, arrival: Arrival, override: Override | None, unread: str = "") -> Record:
        """Have a message examined. Raises Unavailable, Died."""
        if self._wire is None:
            raise Died
        number = next(self._numbers)
        found: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self._asked[number] = found, arrival, monotonic()
        self._wire.write(framed(number, question(arrival, override, unread)))
        return await found

    def retire(self) -> None:
        """No more after what it has."""
        self._retired = True
        if self._wire is not None and not self._asked:
            self._wire.close()

    def hurry(self, within: float) -> None:
        """Let go of it when it is too long at one message."""
        began = min((since for _, _, since in self._asked.values()), default=monotonic())
        if monotonic() - began > within:
            self._abandon(f"over {within:.0f} s at one message")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._wire = transport  # type: ignore[assignment] # of a stream socket

    def data_received(self, data: bytes) -> None:
        """Answers, or parts of them."""
        try:
            for number, frame in self._frames.feed(data):
                self._heard(number, frame)
        except Exception as fault:  # noqa: BLE001 - to read a pickle that is none raises anything
            self._abandon(f"it says what no worker says: {fault!r}")

    def connection_lost(self, _: Exception | None) -> None:
        """The worker has ended, or was hung up on: whatever it had is nobody's any more."""
        self._wire = None
        for found in (self.ready, *(found for found, _, _ in self._asked.values())):
            if not found.done():
                found.set_exception(Died())
        self._asked.clear()
        if not self.ready.cancelled():
            self.ready.exception()  # seen, also where nobody waits for it any more
        self._gone(self)

    def _heard(self, number: int, frame: bytes) -> None:
        if number == HELLO:
            self._hello(frame.decode("utf-8", "replace"))
            return
        found, arrival, _ = self._asked[number]
        said = answered(frame, arrival)
        del self._asked[number]  # only now: where that raised, the message is still to be let go of
        if found.cancelled():
            pass
        elif isinstance(said, str):
            found.set_exception(Unavailable(said))
        else:
            found.set_result(said)
        if self._retired:
            self.retire()

    def _hello(self, words: str) -> None:
        pid, _, rest = words.partition(" ")
        self.pid = int(pid)
        if self.ready.done():
            return
        if self.pid:
            self.digest = rest
            self.ready.set_result(None)
        else:
            self.ready.set_exception(Refused(rest))

    def _abandon(self, why: str) -> None:
        """Hang up: a worker ends when it hears that, or when it stands still for too long."""
        log.error(
            "worker.abandoned", pid=self.pid, why=why, do="report it, with the lines before; another takes its place"
        )
        if self._wire is not None:
            self._wire.abort()
