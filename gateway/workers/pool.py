"""The workers as the daemon sees them: one `Examine`. What a worker was at when it died is examined again, alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog

from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.core.committed import Record
from gateway.core.standing import Stint
from gateway.ports import Unavailable
from gateway.workers.line import Died, Line, Refused
from gateway.workers.nursery import Nursery

log = structlog.get_logger()

EXAMINED_WITHIN = 300.0
"""Seconds, look-ups at their slowest included. An MTA waits for 600 after the dot (RFC 5321 §4.5.3.2.6)."""
LOOKED_AT_EVERY = 1.0
"""Seconds between two looks at how long each is at its messages."""
BORN_WITHIN = 60.0
"""Seconds until a new worker says who it is."""
LOOKED_AFTER_WITHIN = 300.0
"""Seconds for one round, in which one may be born."""
YOUNG = 5.0
"""Seconds. One that dies younger has its successor later, up to LONGEST_WAIT."""
LONGEST_WAIT = 30.0


class Pool:
    """`size` workers that go by what `digest` is of. Implements Examine; `run()` for as long as it is to be asked."""

    def __init__(
        self,
        nursery: Nursery,
        size: int,
        digest: str,
        died: Callable[[], None] = lambda: None,
        within: float = EXAMINED_WITHIN,
    ) -> None:
        self._nursery = nursery
        self._size = size
        self._digest = digest
        self._within = within
        self._died = died
        self._workers: list[Line] = []
        self._every: set[Line] = set()
        """With those that read alone, and those that go."""
        self._some = asyncio.Event()
        self._rounds = 0
        self._lost: asyncio.Queue[Line] = asyncio.Queue()
        self._alone = asyncio.Lock()

    @property
    def stints(self) -> tuple[Stint, ...]:
        """The round of whoever looks after them; what each is at has a bound of its own."""
        return (Stint("workers", self._rounds, LOOKED_AFTER_WITHIN),) if self._rounds and self._size else ()

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

    async def start(self) -> None:
        """Bring them up, all or none. Raises Refused."""
        try:
            while len(self._workers) < self._size:
                self._workers.append(await self._bear())
        except BaseException:  # refused, or the daemon is to stop meanwhile
            self.close()
            raise
        self._some.set()

    async def run(self) -> None:
        """Put a new worker in the place of each that dies, until cancelled; then there are none."""
        try:
            while True:
                self._rounds += 1
                try:
                    lost = await asyncio.wait_for(self._lost.get(), LOOKED_AT_EVERY)
                except TimeoutError:
                    for one in tuple(self._every):
                        one.hurry(self._within)
                    continue
                await self._replace(lost)
        finally:
            self.close()

    def shrink(self) -> None:
        """One is enough for what is still to come."""
        self._size = 1
        for one in self._workers[1:]:
            one.retire()
        del self._workers[1:]

    def close(self) -> None:
        """Let all of them go, each after what it has."""
        self._size = 0
        self._workers.clear()
        for one in tuple(self._every):
            one.retire()

    async def _again(self, arrival: Arrival, override: Override | None) -> Record:
        """One that a worker died of, or beside, in a worker of its own; at the second death it is left unread."""
        async with self._alone:
            for unread in ("", "the process that read it has died, twice"):
                log.warning(
                    "examine.again",
                    id=arrival.id,
                    unread=unread,
                    do=f"report it, with `gateway messages raw {arrival.id}`",
                )
                worker = await self._bear()
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
        while len(self._workers) < self._size:
            self._rounds += 1
            try:
                fresh = await self._bear()
            except Refused as fault:
                log.warning("worker.refused", why=str(fault), do="mend what it says; of changed files: reload")
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            if len(self._workers) < self._size:
                self._workers.append(fresh)
                self._some.set()
            else:  # fewer are wanted by now
                fresh.retire()

    async def _bear(self) -> Line:
        """One that goes by what we go by. Raises Refused where it finds other files than the daemon did."""
        worker = Line(self._gone)
        self._every.add(worker)
        try:
            wire = self._nursery.bear(self._digest)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: worker, wire)
            await asyncio.wait_for(worker.ready, BORN_WITHIN)
        except (OSError, TimeoutError, Died) as fault:
            worker.retire()
            raise Refused(f"a worker did not come up: {str(fault) or type(fault).__name__}") from fault
        if worker.digest != self._digest:
            worker.retire()
            raise Refused("the configuration has changed since it was read; reload again")
        return worker

    def _gone(self, worker: Line) -> None:
        self._every.discard(worker)
        if worker in self._workers:
            self._workers.remove(worker)
            if not self._workers:
                self._some.clear()
            self._lost.put_nowait(worker)


async def attend(nursery: Nursery) -> None:
    """Tell of each worker that ends, of whichever pool. Raises RuntimeError when the nursery does."""
    loop = asyncio.get_running_loop()
    orphaned: asyncio.Future[None] = loop.create_future()

    def hear() -> None:
        if (end := nursery.heard()) is not None:
            log.info("worker.ended", pid=end.pid, how=end.how)
        elif not orphaned.done():
            orphaned.set_exception(RuntimeError("the process that starts workers has ended"))

    loop.add_reader(nursery.fileno(), hear)
    try:
        await orphaned
    finally:
        loop.remove_reader(nursery.fileno())
