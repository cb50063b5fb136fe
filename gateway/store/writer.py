"""The one writer: what waits for it is committed together, and each is answered after that commit (I3)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

from sqlalchemy import Connection

from gateway.core.standing import Bound, Commit, Stint
from gateway.ports import Unavailable
from gateway.store.database import Database
from gateway.store.group import Done, GroupCommit, Job, Rank

T = TypeVar("T")

GROUP = 64
"""At most this many pieces of work share a transaction."""
QUEUED = 2048
"""At most this many wait for the writer. Mail alone never comes so far: the memory budget lets 1,024 in."""
COMMITTED_WITHIN = 300.0
"""Seconds for a group, on the slowest disk: every wait for another's lock ends sooner."""
GATHERED = 8
"""So many are handed over before the loop's turn has ended: while they are committed, it goes on with the next."""


class Writer:
    """A thread with the write connection. Work that fails is undone alone; a failed commit fails all of its group.

    `told` of each transaction after it, in the thread.
    """

    def __init__(self, database: Database, told: Callable[[Commit], None] = lambda _: None) -> None:
        self._database = database
        self._told = told
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._gathered: list[Job] = []
        self._put_off = 0
        self._groups = 0
        self._busy = False
        self._ended: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        """Started by the first that is written: who only looks has no second thread."""

    async def write(self, work: Callable[[Connection], T], rank: Rank = (0, 0)) -> T:
        """Run `work` in a transaction, in its group by `rank`; its result after the commit. Raises Unavailable."""
        if self._ended.done():
            raise RuntimeError("the writer has ended") from self._ended.exception()
        if self.queued >= QUEUED:
            self._put_off += 1
            raise Unavailable(f"the commit queue is full: {QUEUED} wait for the database")
        if self._thread.ident is None:
            self._thread.start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._gathered.append(Job(work, rank, loop, answer, monotonic()))
        if len(self._gathered) == 1:
            loop.call_soon(self._hand_over)
        if len(self._gathered) == GATHERED:
            self._hand_over()
        return await answer

    @property
    def queued(self) -> int:
        """How many wait, besides those that are being committed."""
        return len(self._gathered) + self._jobs.qsize()

    @property
    def bound(self) -> Bound:
        """The same, of how many."""
        return Bound("commits", self.queued, QUEUED, self._put_off)

    @property
    def stints(self) -> tuple[Stint, ...]:
        """The group that is being committed."""
        return (Stint("the writer", self._groups, COMMITTED_WITHIN),) if self._busy else ()

    async def watch(self) -> None:
        """Return when the thread was closed. Raises what ended it otherwise: nothing is written from then on."""
        await asyncio.shield(asyncio.wrap_future(self._ended))  # whoever stops watching ends nothing

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._hand_over()
        self._jobs.put(None)
        if self._thread.ident is None:
            self._ended.set_result(None)
        else:
            self._thread.join()

    def _hand_over(self) -> None:
        """What one turn of the loop asked for goes to the thread together, which else would be woken by the first."""
        for job in self._gathered:
            self._jobs.put(job)
        self._gathered.clear()

    def _run(self) -> None:
        going_on, connection = True, GroupCommit(self._database)
        while going_on:
            group, going_on = self._next_group()
            if not group:
                continue
            self._groups, self._busy = self._groups + 1, True
            began = monotonic()
            try:
                done = connection.commit(group)
                took = monotonic() - began
                self._busy = False
                self._answer(done)
                away = all(type(one.fault) is Unavailable for one in done)
                self._told(Commit(tuple(began - job.asked for job in group), took, done=not away))
            except BaseException as fault:  # noqa: BLE001 - handed on: to those who wait, and to watch()
                self._ended.set_exception(fault)
                self._answer([Done(job, fault=fault) for job in group])
                break
        connection.forget()
        if not self._ended.done():
            self._ended.set_result(None)

    def _next_group(self) -> tuple[list[Job], bool]:
        group: list[Job] = []
        try:
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) == GROUP:
                    return group, True
                job = self._jobs.get_nowait()
        except Empty:
            return group, True
        return group, False

    def _answer(self, done: list[Done]) -> None:
        for loop in {one.job.loop for one in done if not one.job.loop.is_closed()}:
            loop.call_soon_threadsafe(_tell, [one for one in done if one.job.loop is loop])


def _tell(done: list[Done]) -> None:
    for one in done:
        one.tell()
