"""The workers as the daemon sees them: one `Examine`. What a worker was at when it died is examined again, alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Any

import structlog

from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.ports import Record, Unavailable
from gateway.workers.nursery import Nursery
from gateway.workers.words import Frames, UnknownWord, answered, framed, question
from gateway.workers.worker import HELLO

log = structlog.get_logger()

EXAMINED_WITHIN = 300.0
"""Seconds, look-ups at their slowest included. An MTA waits for 600 after the dot (RFC 5321 §4.5.3.2.6)."""
LOOKED_AT_EVERY = 1.0
"""Seconds between two looks at how long each is at its messages."""
BORN_WITHIN = 60.0
"""Seconds until a new worker says who it is."""
YOUNG = 5.0
"""Seconds. One that dies younger has its successor later, up to LONGEST_WAIT."""
LONGEST_WAIT = 30.0
LONGEST_ANSWER = 64 * 2**20
"""Octets: what a message says of itself is never longer than the message, which does not come back."""


class Refused(Exception):  # noqa: N818 - an answer
    """A worker will not go by what it was given. The words say why."""


class _Died(Exception):  # noqa: N818 - what befell it
    pass


class Pool:
    """`size` workers. Implements Examine; `run()` for as long as it is to be asked."""

    def __init__(
        self, nursery: Nursery, size: int, died: Callable[[], None] = lambda: None, within: float = EXAMINED_WITHIN
    ) -> None:
        self._nursery = nursery
        self._size = size
        self._within = within
        self._died = died
        self._workers: list[_Worker] = []
        self._every: set[_Worker] = set()
        """With those that read alone, and those that go."""
        self._some = asyncio.Event()
        self._lost: asyncio.Queue[_Worker | None] = asyncio.Queue()
        """None for the nursery."""
        self._alone = asyncio.Lock()

    @property
    def alive(self) -> int:
        """How many are ready to be asked."""
        return len(self._workers)

    async def __call__(self, arrival: Arrival, override: Override | None = None) -> Record:
        """What is to be written down about a message. Raises Unavailable."""
        try:
            async with asyncio.timeout(BORN_WITHIN):
                while not self._workers:
                    await self._some.wait()
        except TimeoutError:
            raise Unavailable("no worker is there to examine mail") from None
        try:
            return await min(self._workers, key=_Worker.busy).ask(arrival, override)
        except _Died:
            return await self._again(arrival, override)

    async def start(self, digest: str) -> None:
        """Bring up workers that go by the rules of this digest, then let those before go. Raises Refused."""
        fresh: list[_Worker] = []
        try:
            for _ in range(self._size):
                fresh.append(await self._bear())
                fresh[-1].goes_by(digest)
        except Refused:
            for one in fresh:
                one.retire()
            raise
        before, self._workers = self._workers, fresh
        self._some.set()
        for one in before:
            one.retire()

    async def run(self) -> None:
        """Put a new worker in the place of each that dies. Raises RuntimeError when the nursery ends."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._nursery.fileno(), self._hear)
        try:
            while True:
                try:
                    lost = await asyncio.wait_for(self._lost.get(), LOOKED_AT_EVERY)
                except TimeoutError:
                    for one in tuple(self._every):
                        one.hurry(self._within)
                    continue
                if lost is None:
                    raise RuntimeError("the process that starts workers has ended")
                await self._replace(lost)
        finally:
            loop.remove_reader(self._nursery.fileno())
            for one in tuple(self._every):
                one.retire()

    async def _again(self, arrival: Arrival, override: Override | None) -> Record:
        """One that a worker died of, or beside, in a worker of its own; at the second death it is left unread."""
        async with self._alone:
            for unread in ("", "the process that read it has died, twice"):
                log.warning("examine.again", message=arrival.id, unread=unread)
                worker = await self._bear()
                try:
                    return await worker.ask(arrival, override, unread)
                except _Died:
                    continue
                finally:
                    worker.retire()
        raise Unavailable("a worker dies of what it did not read")

    async def _replace(self, lost: _Worker) -> None:
        """Wait for a while if it died young: what kills every worker is not to keep the machine busy."""
        self._died()
        wait = 1.0
        if monotonic() - lost.born < YOUNG:
            await asyncio.sleep(wait)
        while len(self._workers) < self._size:
            try:
                self._workers.append(await self._bear())
                self._some.set()
            except Refused as fault:
                log.warning("worker.refused", why=str(fault))
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def _bear(self) -> _Worker:
        worker = _Worker(self._gone)
        self._every.add(worker)
        try:
            wire = self._nursery.bear()
            await asyncio.get_running_loop().connect_accepted_socket(lambda: worker, wire)
            await asyncio.wait_for(worker.ready, BORN_WITHIN)
        except (OSError, TimeoutError, _Died) as fault:
            worker.retire()
            raise Refused(f"a worker did not come up: {fault or type(fault).__name__}") from fault
        return worker

    def _gone(self, worker: _Worker) -> None:
        self._every.discard(worker)
        if worker in self._workers:
            self._workers.remove(worker)
            if not self._workers:
                self._some.clear()
            self._lost.put_nowait(worker)

    def _hear(self) -> None:
        end = self._nursery.heard()
        if end is not None:
            log.info("worker.ended", pid=end.pid, how=end.how)
        else:
            asyncio.get_running_loop().remove_reader(self._nursery.fileno())
            self._lost.put_nowait(None)


class _Worker(asyncio.Protocol):
    """The daemon's end of one."""

    def __init__(self, gone: Callable[[_Worker], None]) -> None:
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
        """Have a message examined. Raises Unavailable, _Died."""
        if self._wire is None:
            raise _Died
        number = next(self._numbers)
        found: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self._asked[number] = found, arrival, monotonic()
        self._wire.write(framed(number, question(arrival, override, unread)))
        return await found

    def goes_by(self, digest: str) -> None:
        """See that these are its rules. Raises Refused."""
        if self.digest != digest:
            raise Refused("the policies have changed since they were read; reload again")

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
        self._wire = transport  # type: ignore[assignment] # of a stream socket

    def data_received(self, data: bytes) -> None:
        try:
            for number, frame in self._frames.feed(data):
                self._heard(number, frame)
        except UnknownWord as fault:
            self._abandon(f"it says what no worker says: {fault}")

    def connection_lost(self, _: Exception | None) -> None:
        self._wire = None
        for found in (self.ready, *(found for found, _, _ in self._asked.values())):
            if not found.done():
                found.set_exception(_Died())
        self._asked.clear()
        if not self.ready.cancelled():
            self.ready.exception()  # seen, also where nobody waits for it any more
        self._gone(self)

    def _heard(self, number: int, frame: bytes) -> None:
        if number == HELLO:
            self._hello(frame.decode("utf-8", "replace"))
            return
        found, arrival, _ = self._asked.pop(number)
        said = answered(frame, arrival)
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
        log.error("worker.abandoned", pid=self.pid, why=why)
        if self._wire is not None:
            self._wire.abort()
