"""A group of pieces of work in one transaction, each with a result or a fault of its own (decision 0046).

What a piece has locked is locked until the commit. So a group is done by rank: two gateways wait for each other in one
order. Where they cross all the same, each piece goes by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import structlog
from sqlalchemy import Connection, Transaction, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.ports import Unavailable
from gateway.store.counts import gathered, undone
from gateway.store.database import Crossed, Database, Outdated, Superseded, Unfit
from gateway.store.pipeline import pipelined
from gateway.store.prepared import Prepared

log = structlog.get_logger()

TRIES = 5
"""So often is a piece of work begun that crosses another's way."""
Rank = tuple[int, int]
"""What is locked for a piece of work, as numbers: an account, and what of it."""

_begin, _undo, _keep = map(Prepared, map(text, ("SAVEPOINT job", "ROLLBACK TO job", "RELEASE job")))


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work, and who waits for it on which loop since when."""

    work: Callable[[Connection], Any]
    rank: Rank
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    asked: float


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it."""

    job: Job
    result: Any = None
    fault: BaseException | None = None

    def tell(self) -> None:
        """Whoever waits, in the thread of its loop."""
        if self.job.answer.cancelled():
            return
        if self.fault is not None:
            self.job.answer.set_exception(self.fault)
        else:
            self.job.answer.set_result(self.result)


class GroupCommit:
    """Over a write connection that is kept: to open one costs more than to write a message."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def commit(self, group: list[Job]) -> list[Done]:
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
                return [Done(job, fault=Unavailable(str(fault))) for job in group]
        raise AssertionError("the last try has an answer")

    def forget(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _one_by_one(self, group: list[Job]) -> list[Done]:
        done: list[Done] = []
        for job in group:
            if done and type(why := done[-1].fault) is Unavailable:  # nobody waits 64 times for a server that is gone
                done.append(Done(job, fault=Unavailable(str(why))))
            else:
                done += self.commit([job])
        return done

    def _try(self, group: list[Job]) -> list[Done]:
        with self._database.asking(), self._begun() as transaction, gathered(transaction.connection):
            return [self._one(transaction.connection, job) for job in group]

    def _one(self, connection: Connection, job: Job) -> Done:
        """Run one piece of work in a savepoint, so that its mistake undoes nobody else's."""
        try:
            with undone(connection), self._database.asking(), pipelined(connection):
                _begin.run(connection)
                result = job.work(connection)
                _keep.run(connection)
        except (IntegrityError, ValueError, LookupError, Superseded, Outdated, Unfit) as fault:
            if isinstance(fault, Unfit):
                log.warning("store.unfit", why=str(fault), do="mend what it says; nothing else is held up")
            _undo.run(connection)
            _keep.run(connection)
            return Done(job, fault=fault)
        return Done(job, result=result)

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
