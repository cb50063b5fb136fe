"""The workers as the daemon sees them: one `Examine`. What a worker was at when it died is examined again, alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog

from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.ports import Record, Unavailable
from gateway.workers.line import Died, Line, Refused
from gateway.workers.nursery import Nursery

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


class Pool:
    """`size` workers. Implements Examine; `run()` for as long as it is to be asked."""

    def __init__(
        self, nursery: Nursery, size: int, died: Callable[[], None] = lambda: None, within: float = EXAMINED_WITHIN
    ) -> None:
        self._nursery = nursery
        self._size = size
        self._within = within
        self._died = died
        self._workers: list[Line] = []
        self._every: set[Line] = set()
        """With those that read alone, and those that go."""
        self._some = asyncio.Event()
        self._lost: asyncio.Queue[Line | None] = asyncio.Queue()
        """None for the nursery."""
        self._alone = asyncio.Lock()
        self._digest = ""
        """Of the rules in force."""
        self._orphaned = False

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
            return await min(self._workers, key=Line.busy).ask(arrival, override)
        except Died:
            pass
        try:
            return await self._again(arrival, override)
        except Refused as fault:
            raise Unavailable(str(fault)) from fault  # I9

    async def start(self, digest: str) -> None:
        """Bring up workers that go by the rules of this digest, then let those before go. Raises Refused."""
        fresh: list[Line] = []
        try:
            for _ in range(self._size):
                fresh.append(await self._bear(digest))  # noqa: PERF401 - those before one that is refused are let go
        except Refused:
            for one in fresh:
                one.retire()
            raise
        self._digest = digest
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
                worker = await self._bear(self._digest)
                try:
                    return await worker.ask(arrival, override, unread)
                except Died:
                    continue
                finally:
                    worker.retire()
        raise Unavailable("a worker dies of what it did not read")

    async def _replace(self, lost: Line) -> None:
        """Wait for a while if it died young: what kills every worker is not to keep the machine busy."""
        self._died()
        wait = 1.0
        if monotonic() - lost.born < YOUNG:
            await asyncio.sleep(wait)
        while len(self._workers) < self._size and not self._orphaned:
            digest = self._digest
            try:
                fresh = await self._bear(digest)
            except Refused as fault:
                log.warning("worker.refused", why=str(fault))
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            if digest == self._digest and len(self._workers) < self._size:
                self._workers.append(fresh)
                self._some.set()
            else:  # a reload has come between
                fresh.retire()

    async def _bear(self, digest: str) -> Line:
        """One that goes by the rules of this digest: it reads the file as it is by now. Raises Refused."""
        worker = Line(self._gone)
        self._every.add(worker)
        try:
            wire = self._nursery.bear()
            await asyncio.get_running_loop().connect_accepted_socket(lambda: worker, wire)
            await asyncio.wait_for(worker.ready, BORN_WITHIN)
        except (OSError, TimeoutError, Died) as fault:
            worker.retire()
            raise Refused(f"a worker did not come up: {fault or type(fault).__name__}") from fault
        if worker.digest != digest:
            worker.retire()
            raise Refused("the policies have changed since they were read; reload again")
        return worker

    def _gone(self, worker: Line) -> None:
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
            self._orphaned = True
            self._lost.put_nowait(None)
