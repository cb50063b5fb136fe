"""A gateway among several on one PostgreSQL: while its session lives it has a number, and leases that nobody else has.

The session holds a lock for the number of its node. Who can take that lock knows that the node is dead, and frees what
it had. Of a gateway that hangs the server ends the session by its own clock; no other clock is asked. Decision 0040.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Any

import psycopg
import structlog

from gateway.core.times import stamp
from gateway.ports import Unavailable
from gateway.store.postgresql import WRITER, WRITING_IDLE_MS

BEAT = 2.0
"""Seconds between two looks at who is dead and what is free,"""
ANSWER = 5.0
"""the longest that one of them takes before the session counts as lost,"""
AGAIN = 1.0
"""and what passes before another session is tried."""
SILENCE_MS = 10_000
"""After so much silence the server ends a session, and its node is dead."""
LOCK_MS = 1_000
"""The longest wait for what a dead node's last transaction holds: then with the next beat."""
LET_GO_WITHIN = 4 * BEAT
"""Who is given a mailbox that it does not know lets go of it by then;"""
ASKED_AGAIN = 600.0
"""seconds later it may know it: a reload reaches one gateway after the other."""
NODES = 0x67617465
"""The first half of the lock of a node; its id is the other."""
HUNG = WRITING_IDLE_MS / 1000
"""Seconds that a server waits for a writer's next word. Its own bound for idle transactions counts neither amidst a
pipeline nor after one, until the next statement: psycopg sends a Flush behind the Sync, and that stops its clock."""
OUTBOX = "outbox"
"""Who listens hears of each letter that is put down."""
SWEEP = "(sweep)"
"""The lease of whoever carries retention out,"""
SYNC = "(accounts)"
"""and of whoever asks the sources of accounts. No ingress is named so."""

_SESSION = (
    f"SET idle_session_timeout = {SILENCE_MS}; SET idle_in_transaction_session_timeout = {SILENCE_MS};"
    f" SET lock_timeout = {LOCK_MS}; SET default_transaction_isolation = 'read committed'; LISTEN {OUTBOX}"
)
_JOIN = "INSERT INTO node (host, pid, began_at) VALUES (%s, %s, %s) RETURNING id"
_LOCK = "SELECT pg_advisory_lock(%s, %s)"  # in the transaction that shows the row: nobody sees it unlocked
_BURY = "DELETE FROM node WHERE id = ANY(%s)"
_DEAD = "SELECT id FROM node WHERE id <> %s AND pg_try_advisory_xact_lock(%s, id)"
_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = %s
AND state <> 'idle' AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - make_interval(secs => %s)"""
_FREE = (
    "SELECT id FROM node WHERE id = ANY(%s) FOR UPDATE",  # nobody gives it a mailbox meanwhile
    "DELETE FROM lease WHERE node_id = ANY(%s)",
    _BURY,  # from here on none of its claims is made: who claims holds its row
    "UPDATE outbox SET claimed_by = NULL WHERE claimed_by = ANY(%s)",
)
_TAKE = """
WITH free AS (SELECT name FROM unnest(%(names)s::text[]) AS name
              WHERE NOT EXISTS (SELECT FROM lease WHERE lease.name = name.name))
INSERT INTO lease (name, node_id) SELECT name, %(node)s FROM free
ORDER BY random() LIMIT (SELECT ceil(count(*)::float / (SELECT count(*) FROM node)) FROM free)
ON CONFLICT DO NOTHING RETURNING name"""  # a share of what is free with each beat: who comes first does not get it all
_GIVE = """
WITH has AS (SELECT node.id, count(lease.name) AS mailboxes
             FROM node LEFT JOIN lease ON lease.node_id = node.id AND lease.name <> ALL(%(others)s) GROUP BY node.id),
     least AS (SELECT id, mailboxes FROM has WHERE id <> ALL(%(unwilling)s) ORDER BY mailboxes, id LIMIT 1),
     given AS (SELECT lease.name, least.id FROM lease, least, has
               WHERE lease.node_id = %(node)s AND lease.name <> ALL(%(others)s)
               AND has.id = %(node)s AND has.mailboxes >= least.mailboxes + 2 ORDER BY random() LIMIT 1)
UPDATE lease SET node_id = given.id FROM given WHERE lease.name = given.name AND lease.node_id = %(node)s
RETURNING lease.name, lease.node_id"""  # one with each beat, from hand to hand: nobody reads it between, and no two do
_LET_GO = "DELETE FROM lease WHERE node_id = %s AND name <> ALL(%s)"  # no mailbox of ours since a reload
_HELD = "SELECT array(SELECT name FROM lease WHERE node_id = node.id) FROM node WHERE id = %s"

Session = psycopg.AsyncConnection[Any]
log = structlog.get_logger()


class Node:
    """`join()`, then `run()` in a task. `connect` opens a connection in autocommit, `bell` rings for new letters."""

    def __init__(
        self,
        connect: Callable[[], Any],
        wanted: Sequence[str],
        who: tuple[str, int],
        now: Callable[[], datetime],
    ) -> None:
        self._connect = connect
        self.want(wanted)
        self._who = who
        self._now = now
        self._session: Session | None = None
        self._leases: frozenset[str] = frozenset()
        self._given: dict[str, tuple[int, float]] = {}
        """To whom, and when;"""
        self._unwilling: dict[int, float] = {}
        """and who would have none, when."""
        self._changed = asyncio.Event()
        self.number: int | None = None
        """None while the server cannot be reached: then nothing is claimed, and no lease is ours."""
        self.bell: Callable[[], None] = lambda: None

    def want(self, names: Sequence[str]) -> None:
        """Whose leases we take part in from the next beat on; those of others are let go."""
        self._wanted = [*names, SWEEP, SYNC]

    def holds(self, name: str) -> int | None:
        """Under which number we have this lease; None where we have not."""
        return self.number if name in self._leases else None

    async def change(self) -> None:
        """Return when leases have come or gone."""
        await self._changed.wait()

    async def join(self) -> None:
        """Become a node that others see. Raises Unavailable."""
        try:
            self._session = session = await asyncio.wait_for(self._connect(), ANSWER)
            async with asyncio.timeout(ANSWER):
                await session.execute(_SESSION)
                async with session.transaction():
                    joined = await session.execute(_JOIN, (*self._who, stamp(self._now())))
                    [(self.number,)] = await joined.fetchall()
                    await session.execute(_LOCK, (NODES, self.number))
                await self._beat(session)
        except (psycopg.Error, OSError, TimeoutError) as fault:
            await self._lose()
            raise Unavailable(f"this gateway cannot be told from others: {_words(fault)}") from fault
        log.info("node.joined", node=self.number)
        self.bell()

    async def run(self) -> None:
        """Keep the session, or get another one, until cancelled; then leave, so that nobody has to find out."""
        try:
            while True:
                if self._session is not None:
                    await self._stay(self._session)
                with suppress(Unavailable):  # told by whoever else wants the database
                    await asyncio.sleep(AGAIN)
                    await self.join()
        finally:
            await self._leave()

    async def _stay(self, session: Session) -> None:
        """Until it is lost."""
        try:
            while True:
                due = monotonic() + BEAT
                while (left := due - monotonic()) > 0:
                    async for _ in session.notifies(timeout=left, stop_after=1):
                        self.bell()
                async with asyncio.timeout(ANSWER):
                    await self._beat(session)
        except (psycopg.Error, OSError, TimeoutError) as fault:
            log.warning(
                "node.lost", node=self.number, why=_words(fault), do="see that PostgreSQL runs; it comes back by itself"
            )
            await self._lose()

    async def _beat(self, session: Session) -> None:
        """End what hangs, free what dead nodes had, take of what is free, and see what is ours."""
        await session.execute(_END, (WRITER, HUNG))
        with suppress(psycopg.errors.LockNotAvailable):  # its last transaction is not over yet
            async with session.transaction():
                dead = [one for (one,) in await (await session.execute(_DEAD, (self.number, NODES))).fetchall()]
                for statement in _FREE if dead else ():
                    await session.execute(statement, (dead,))
            if dead:
                log.warning(
                    "node.buried", node=self.number, dead=dead, do="start that gateway again; its work is done here"
                )
                self.bell()
        with suppress(psycopg.errors.LockNotAvailable):  # it is written to
            await session.execute(_LET_GO, (self.number, self._wanted))
        taken = await session.execute(_TAKE, {"names": self._wanted, "node": self.number})
        await self._give(session, [name for (name,) in await taken.fetchall()])
        found = await (await session.execute(_HELD, (self.number,))).fetchone()
        if found is None:
            raise psycopg.OperationalError("the row of this node is gone")
        self._have(frozenset(found[0]))

    async def _give(self, session: Session, taken: Collection[str]) -> None:
        """A mailbox to who has two less than we, as after joining later; not to who had one and let it go."""
        now = monotonic()
        self._given = {name: one for name, one in self._given.items() if now - one[1] < LET_GO_WITHIN}
        self._unwilling = {node: at for node, at in self._unwilling.items() if now - at < ASKED_AGAIN}
        self._unwilling |= {self._given.pop(name)[0]: now for name in taken if name in self._given}
        facts = {"node": self.number, "others": [SWEEP, SYNC], "unwilling": list(self._unwilling)}
        with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.ForeignKeyViolation):  # it is written to; or gone
            for name, node in await (await session.execute(_GIVE, facts)).fetchall():
                self._given[name] = node, now
                log.info("node.gave", node=self.number, ingress=name, to=node)

    def _have(self, leases: frozenset[str]) -> None:
        if leases != self._leases:
            self._leases = leases
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def _lose(self) -> None:
        """What was ours may be another's from now on."""
        self.number, session, self._session = None, self._session, None
        self._have(frozenset())
        if session is not None:
            await session.close()

    async def _leave(self) -> None:
        session, number = self._session, self.number
        if session is not None and number is not None:
            with suppress(psycopg.Error, OSError, TimeoutError):  # then it is found dead
                async with asyncio.timeout(ANSWER), session.transaction():
                    for statement in _FREE:
                        await session.execute(statement, ([number],))
                    await session.execute("SELECT pg_notify(%s, '')", (OUTBOX,))
        await self._lose()


def _words(fault: BaseException) -> str:
    if isinstance(fault, TimeoutError):
        return f"no answer within {ANSWER:g} s"
    return " ".join(str(fault).split())[:300] or type(fault).__name__
