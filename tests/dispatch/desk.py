"""An outbox, an address book and a smarthost in memory, for the story of dispatch."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.core.account import Account, Language, Standing
from gateway.core.address import Address
from gateway.core.letter import Letterhead
from gateway.core.reference import Keyring
from gateway.core.reply import Delivered, Kind, Reply, Words
from gateway.core.retry import Schedule
from gateway.dispatch import Dispatch
from gateway.ops.meters import Meters
from gateway.ports import Due, Unavailable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = Letterhead(
    "gateway.example.it", "Assistenza", Address("support", "example.it"), Address("bounces", "example.it")
)
KEYS = Keyring((b"k" * 32,))


def account(number=1, primary="amministrazione@rossi.example", status=Standing.ACTIVE):
    return Account(number, f"ROSSI-{number:03}", "Rossi", Language.IT, status, Address.parse(primary))


def due(row="A1", number=1, attempts=0, age=timedelta(0)):
    reply = Reply(row, number, "00000-00001", Kind.REPLY, Words("Rinnovo", "Buongiorno"))
    return Due(reply, attempts, NOW - age)


@dataclass
class Outbox:
    """`away` many calls of `due` and of `settle` find no database."""

    rows: dict[str, Due] = field(default_factory=dict)
    away: int = 0
    unsettled: int = 0
    settled: list = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    limits: list[int] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, *rows):
        self.rows.update({one.reply.row: one for one in rows})

    async def due(self, now, limit, busy):
        self.limits.append(limit)
        self.asked.set()
        if self.away:
            self.away -= 1
            raise Unavailable("disk full")
        return tuple(one for row, one in self.rows.items() if row not in busy)[:limit]

    async def settle(self, due, outgoing, outcome, *, at, next_attempt):
        if self.unsettled:
            self.unsettled -= 1
            raise Unavailable("disk full")
        del self.rows[due.reply.row]
        self.settled.append((due.reply.row, outgoing, outcome, next_attempt))
        self.news.set()

    async def until(self, count):
        """Wait for so many settled rows."""
        async with asyncio.timeout(10):
            while len(self.settled) < count:
                self.news.clear()
                await self.news.wait()
        return self.settled


@dataclass
class Book:
    accounts: dict[int, Account]
    away: int = 0

    async def account(self, account_id):
        if self.away:
            self.away -= 1
            raise Unavailable("no connection")
        return self.accounts.get(account_id)


@dataclass
class Keys:
    ring: Keyring = KEYS

    async def keyring(self):
        return self.ring


@dataclass
class Submission:
    """Answers `outcomes` by recipient; a recipient in `slow` waits for its event."""

    outcomes: dict[str, object] = field(default_factory=dict)
    slow: dict[str, asyncio.Event] = field(default_factory=dict)
    sent: list = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, outgoing):
        to = str(outgoing.forward_path)
        self.sent.append(outgoing)
        self.began.set()
        if to in self.slow:
            await self.slow[to].wait()
        return self.outcomes.get(to, Delivered("250 2.0.0 queued"))


@asynccontextmanager
async def running(outbox, book, submission, *, keys=None, parallel=4, poll=0.001):  # noqa: PLR0913 - one fake a port
    keys, meters = keys or Keys(), Meters()
    dispatch = Dispatch(
        outbox, book, submission, HEAD, keys, meters, Schedule(), lambda: NOW, lambda: 0.0, parallel, poll=poll
    )
    task = asyncio.create_task(dispatch.run())
    try:
        yield dispatch, task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
