"""A worker: examines what it is sent until the wire is closed. It writes nothing, and may be killed at any time."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.core.committed import Record
from gateway.core.problem import ConfigError
from gateway.ports import Unavailable
from gateway.workers.words import Frames, answer, asked, framed

log = structlog.get_logger()

HELLO = 0
"""The number of what a worker says unasked: who it is, or why it cannot be."""


class Examining(Protocol):
    """The examiner of a worker."""

    async def __call__(self, arrival: Arrival, override: Override | None = None, unread: str = "") -> Record:
        """As `Examine`; with `unread` the message is not parsed, and that is why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`frame`: the longest question in octets; `memory`: what the process may hold, in octets.

    `seconds`: so long the loop may stand still, in processor time, before the kernel ends the process (SIGPROF).
    """

    frame: int
    memory: int
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Made:
    """What a worker is made of, and the digest of all that this was read from."""

    examine: Examining
    bounds: Bounds
    digest: str


def live(wire: socket.socket, make: Callable[[], Made]) -> None:
    """Be a worker of what `make` gives."""
    asyncio.run(_serve(wire, make))


async def _serve(wire: socket.socket, make: Callable[[], Made]) -> None:
    try:
        made = make()
    except (ConfigError, Unavailable) as fault:
        wire.sendall(framed(HELLO, f"0 {fault}".encode()))
        return
    _bound(made.bounds.memory)
    worker = _Worker(made)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: worker, wire)
    worker.say(HELLO, f"{os.getpid()} {made.digest}".encode())
    await worker.ended.wait()


class _Worker(asyncio.Protocol):
    def __init__(self, made: Made) -> None:
        self.ended = asyncio.Event()
        self._examine = made.examine
        self._frames = Frames(made.bounds.frame)
        self._seconds = made.bounds.seconds
        self._tasks: set[asyncio.Task[Record]] = set()
        self._breathe()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire: asyncio.Transport = transport  # type: ignore[assignment] # of a stream socket

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set()

    def data_received(self, data: bytes) -> None:
        for number, frame in self._frames.feed(data):
            arrival, override, unread = asked(frame)
            task = asyncio.create_task(self._examine(arrival, override, unread))
            self._tasks.add(task)
            task.add_done_callback(partial(self._answer, number, arrival))

    def say(self, number: int, words: bytes) -> None:
        """Put a frame on the wire."""
        self._wire.write(framed(number, words))

    def _answer(self, number: int, arrival: Arrival, task: asyncio.Task[Record]) -> None:
        self._tasks.discard(task)
        if task.cancelled():  # the wire is closed, and nobody waits
            return
        fault = task.exception()
        if fault is None:
            self.say(number, answer(task.result(), arrival))
            return
        if not isinstance(fault, Unavailable):
            log.error("examine.fault", id=arrival.id, do="report it, with what follows", exc_info=fault)
        self.say(number, answer(str(fault) or type(fault).__name__, arrival))  # I9

    def _breathe(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, self._seconds)
        asyncio.get_running_loop().call_later(self._seconds / 4, self._breathe)


def _bound(octets: int) -> None:
    """No more memory than this, and no core file with mail in it, where the service manager has set no bound."""
    for what, most in ((resource.RLIMIT_DATA, octets), (resource.RLIMIT_CORE, 0)):
        if resource.getrlimit(what)[1] == resource.RLIM_INFINITY:
            resource.setrlimit(what, (most, most))
