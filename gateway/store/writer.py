"""The one writer: what waits for it is committed together, and each is answered after that commit (I3)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from operator import attrgetter
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Transaction, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.core.standing import Bound, Commit, Stint
from gateway.ports import Unavailable
from gateway.store.counts import gathered, undone
from gateway.store.database import Crossed, Database, Superseded
from gateway.store.pipeline import pipelined
from gateway.store.prepared import Prepared

T = TypeVar("T")
log = structlog.get_logger()

GROUP = 64
"""At most this many pieces of work share a transaction."""
QUEUED = 2048
"""At most this many wait for the writer. Mail alone never comes so far: the memory budget lets 1,024 in."""
TRIES = 5
"""So often is a piece of work begun that crosses another's way."""
Rank = tuple[int, int]
"""What is locked for a piece of work, as numbers: an account, and what of it."""
COMMITTED_WITHIN = 300.0
"""Seconds for a group, on the slowest disk: every wait for another's lock ends sooner."""
GATHERED = 8
"""So many are handed over before the loop's turn has ended: while they are committed, it goes on with the next."""

_begin, _undo, _keep = map(Prepared, map(text, ("SAVEPOINT job", "ROLLBACK TO job", "RELEASE job")))


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    rank: Rank
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    asked: float


@dataclass(frozen=True, slots=True)
class _Done:
    job: _Job
    result: Any = None
    fault: BaseException | None = None

    def tell(self) -> None:
        if self.job.answer.cancelled():
            return
        if self.fault is not None:
            self.job.answer.set_exception(self.fault)
        else:
            self.job.answer.set_result(self.result)


class Writer:
    """A thread with the write connection. Work that fails is undone alone; a failed commit fails all of its group.

    What a piece of a group has locked is locked until the commit. So a group is done by rank: two gateways wait for
    each other in one order. Where they cross all the same, each piece goes by itself. `told` of each transaction after
    it, in the thread.
    """

    def __init__(self, database: Database, told: Callable[[Commit], None] = lambda _: None) -> None:
        self._database = database
        self._told = told
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._gathered: list[_Job] = []
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
        self._gathered.append(_Job(work, rank, loop, answer, monotonic()))
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
        going_on, connection = True, _Kept(self._database)
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
                self._answer([_Done(job, fault=fault) for job in group])
                break
        connection.forget()
        if not self._ended.done():
            self._ended.set_result(None)

    def _next_group(self) -> tuple[list[_Job], bool]:
        group: list[_Job] = []
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

    def _answer(self, done: list[_Done]) -> None:
        for loop in {one.job.loop for one in done if not one.job.loop.is_closed()}:
            loop.call_soon_threadsafe(_tell, [one for one in done if one.job.loop is loop])


class _Kept:
    """The write connection, kept: to open one costs more than to write a message."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def commit(self, group: list[_Job]) -> list[_Done]:
        """Do all of it in one transaction, or say of each why not."""
        for tries_left in reversed(range(TRIES)):
            try:
                return self._try(sorted(group, key=attrgetter("rank")))
            except Unavailable as fault:  # nothing of the group is on disk
                self.forget()
                if isinstance(fault, Crossed) and len(group) > 1:
                    log.info("store.crossed", why=str(fault), pieces=len(group))
                    return self._one_by_one(group)
                if isinstance(fault, Crossed) and tries_left:
                    continue
                log.warning(
                    "store.unavailable",
                    why=str(fault),
                    waiting=len(group),
                    do="bring it back; mail gets 451 until then",
                )
                return [_Done(job, fault=Unavailable(str(fault))) for job in group]
        raise AssertionError("the last try has an answer")

    def _one_by_one(self, group: list[_Job]) -> list[_Done]:
        done: list[_Done] = []
        for job in group:
            if done and type(why := done[-1].fault) is Unavailable:  # nobody waits 64 times for a server that is gone
                done.append(_Done(job, fault=Unavailable(str(why))))
            else:
                done += self.commit([job])
        return done

    def forget(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try(self, group: list[_Job]) -> list[_Done]:
        with self._database.asking(), self._begun() as transaction, gathered(transaction.connection):
            return [_one(transaction.connection, job) for job in group]

    def _begun(self) -> Transaction:
        if self._connection is not None:
            try:
                return self._connection.begin()
            except DBAPIError as fault:
                if not fault.connection_invalidated:
                    raise
                self.forget()  # lost since, as by a restart of the server: nothing was under way
        self._connection = self._database.writing()
        return self._connection.begin()


def _tell(done: list[_Done]) -> None:
    for one in done:
        one.tell()


def _one(connection: Connection, job: _Job) -> _Done:
    """Run one piece of work in a savepoint, so that its mistake undoes nobody else's."""
    try:
        with undone(connection), pipelined(connection):
            _begin.run(connection)
            result = job.work(connection)
            _keep.run(connection)
    except (IntegrityError, ValueError, LookupError, Superseded) as fault:
        _undo.run(connection)
        _keep.run(connection)
        return _Done(job, fault=fault)
    return _Done(job, result=result)
