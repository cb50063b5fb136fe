"""Dispatch, a story: what is due goes to the primary address of its account as it is now; the outcome is written down.

Promises: a row is in flight once in this process; a broken or unwritable row stops no other; slow ones stop none as
long as they are fewer than `parallel`, else the rest wait until one of them ends, as each does; a database that is away
loses nothing. A letter that was cut off, or sent and not written down, goes again under the same Message-ID, so that a
repetition can be told from a second letter.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, assert_never

import structlog

from gateway.core.account import Account
from gateway.core.letter import Letterhead, one_line
from gateway.core.reference import Keyring
from gateway.core.reply import Deferred, Delivered, Failed, Outcome, Outgoing, Reply, Silent, address
from gateway.core.retry import Schedule, next_attempt
from gateway.core.standing import Stint
from gateway.core.times import stamp
from gateway.ports import AddressBook, Due, Keys, Observer, Outbox, Submission, Unavailable

_T = TypeVar("_T")
_POLL = 0.5
_LONGEST_WAIT = 30.0
_STATUS_CHARACTERS = 200
_FED_WITHIN = 300.0
_SENT_WITHIN = 3600.0
"""Seconds, where a smarthost takes as long as it may over each command and the letter (RFC 5321 §4.5.3.2)."""
_DO = "bring the database back; letters wait for it"
_DSN = re.compile(r"(?:[245]\d\d )?([245]\.\d{1,3}\.\d{1,3}) ")  # RFC 3463 §2, behind a reply code or alone

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Way:
    """How letters leave. A reload gives another one: each attempt keeps to the one that it began with."""

    submission: Submission
    letterhead: Letterhead
    schedule: Schedule


class Dispatch:
    """Takes due rows until drained, `parallel` at a time. `chance` gives jitter in [0, 1); `poll` is in seconds."""

    def __init__(  # noqa: PLR0913, PLR0917 - one port or fact each
        self,
        outbox: Outbox,
        book: AddressBook,
        submission: Submission,
        letterhead: Letterhead,
        keys: Keys,
        observer: Observer,
        schedule: Schedule,
        now: Callable[[], datetime],
        chance: Callable[[], float],
        parallel: int = 4,
        *,
        poll: float = _POLL,
    ) -> None:
        self._outbox = outbox
        self._book = book
        self._way = Way(submission, letterhead, schedule)
        self._keys = keys
        self._observer = observer
        self._now = now
        self._chance = chance
        self._parallel = parallel
        self._poll = poll
        self._bell = asyncio.Event()
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._feeder: asyncio.Task[None] | None = None
        self._drained = False
        self._turns = self._insisted = 0
        """How often the feeder went round, and anybody asked the database once more: to wait for it is to get on."""

    @property
    def stints(self) -> tuple[Stint, ...]:
        """The feeder's, and the letters under way."""
        if self._feeder is None or self._feeder.done():
            return ()
        feeding = Stint("dispatch", self._turns, _FED_WITHIN)
        return (feeding, *(Stint("dispatch", (row, self._insisted), _SENT_WITHIN) for row in self._flying))

    def wake(self) -> None:
        """Something was committed to the outbox. From the loop's own thread."""
        self._bell.set()

    def adopt(self, way: Way) -> None:
        """Go this way from the next attempt on."""
        self._way = way

    async def run(self) -> None:
        """Until `drain()`, or cancelled: then what is in flight is cancelled too, and stays due."""
        if self._drained:
            return
        async with asyncio.TaskGroup() as attempts:
            self._feeder = attempts.create_task(self._feed(attempts))

    async def drain(self, grace: float) -> None:
        """Start nothing more; give what is in flight `grace` seconds and cancel the rest, whose rows stay due."""
        self._drained = True
        if self._feeder is not None:
            self._feeder.cancel()
        if flying := list(self._flying.values()):
            _, late = await asyncio.wait(flying, timeout=grace)
            for attempt in late:
                attempt.cancel()

    async def _feed(self, attempts: asyncio.TaskGroup) -> None:
        while True:
            self._turns += 1
            self._bell.clear()
            if (room := self._parallel - len(self._flying)) > 0:
                for due in await self._fresh(room):
                    row = due.reply.row
                    self._flying[row] = attempts.create_task(self._attempt(due))
                    self._flying[row].add_done_callback(partial(self._landed, row))
            try:
                async with asyncio.timeout(self._poll):  # what a command wrote rings no bell
                    await self._bell.wait()
            except TimeoutError:
                pass

    async def _fresh(self, room: int) -> Sequence[Due]:
        """Due rows that were not in flight when we asked; the answer may be older than the landing of the rest."""
        busy = frozenset(self._flying)
        return await self._insist(lambda: self._outbox.due(self._now(), room, busy))

    def _landed(self, row: str, _: asyncio.Task[None]) -> None:
        del self._flying[row]
        self._bell.set()

    async def _attempt(self, due: Due) -> None:
        way = self._way
        account = await self._insist(lambda: self._book.account(due.reply.account_id))
        keys = await self._insist(self._keys.keyring)
        match letter := self._letter(due.reply, account, keys, way.letterhead):
            case Outgoing():
                await self._settle(due, way, letter, await way.submission.send(letter))
            case Failed():
                await self._settle(due, way, None, letter)
            case Silent(why):
                await self._insist(lambda: self._outbox.settle(due, None, None, at=self._now(), next_attempt=None))
                log.info(
                    "outbox.cancelled",
                    id=due.answers,
                    outbox=due.reply.row,
                    ticket=due.reply.reference,
                    kind=due.reply.kind.value,
                    why=why,
                )
            case _:
                assert_never(letter)

    def _letter(
        self, reply: Reply, account: Account | None, keys: Keyring, head: Letterhead
    ) -> Outgoing | Silent | Failed:
        if account is None:
            return Silent("the account is gone")
        try:
            return address(reply, account, head, keys, self._now())
        except ValueError as fault:  # UnicodeError is one
            return Failed(one_line(f"5.6.0 the letter cannot be written: {fault}", _STATUS_CHARACTERS))

    async def _settle(self, due: Due, way: Way, outgoing: Outgoing | None, outcome: Outcome) -> None:
        again, attempts, now = None, due.attempts + 1, self._now()
        if isinstance(outcome, Deferred):
            again = next_attempt(way.schedule, attempts, due.created, now, self._chance())
            if again is None:
                words = f"4.4.7 gave up after {_age(due, now)}: {outcome.status}"  # RFC 3463 §3.5
                outcome = Failed(one_line(words, _STATUS_CHARACTERS))
        final = outcome
        turned = await self._insist(lambda: self._outbox.settle(due, outgoing, final, at=now, next_attempt=again))
        self._observer.attempted(outcome)
        _tell(due, outgoing, outcome, attempts, now, again)
        if turned is not None:
            self._observer.turned(turned)

    async def _insist(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """The answer of the database, however long it is away (I9)."""
        wait = min(self._poll, _POLL)
        while True:
            try:
                return await call()
            except Unavailable as fault:
                self._turns, self._insisted = self._turns + 1, self._insisted + 1
                log.warning("outbox.unavailable", why=str(fault), again_in=wait, do=_DO)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)


def _age(due: Due, now: datetime) -> str:
    minutes = int((now - due.created).total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days}d {hours}h" if days else f"{hours}h {minutes % 60}m"


def _tell(  # noqa: PLR0913, PLR0917 - a fact each
    due: Due, outgoing: Outgoing | None, outcome: Outcome, attempts: int, now: datetime, again: datetime | None
) -> None:
    """One line an attempt. `id` is the message that the letter answers, `delay` seconds since it was written."""
    event, dsn = _told(outcome)
    facts: dict[str, Any] = {
        "id": due.answers,
        "outbox": due.reply.row,
        "ticket": due.reply.reference,
        "kind": due.reply.kind.value,
        "to": str(outgoing.forward_path) if outgoing else "",
        "delay": round((now - due.created).total_seconds(), 3),
        "attempts": attempts,
        "dsn": dsn,
        "status": outcome.status,
    }
    if isinstance(outcome, Failed):
        log.warning(event, **facts, do=f"mend what the status says, then `gateway outbox retry {due.reply.row}`")
    else:
        log.info(event, **facts, next=stamp(again) if again else "")


def _told(outcome: Outcome) -> tuple[str, str]:
    """The event of an outcome and its enhanced status code: the smarthost's own, else the class alone."""
    match outcome:
        case Delivered(status):
            event, without = "outbox.delivered", "2.0.0"
        case Deferred(status):
            event, without = "outbox.deferred", "4.0.0"
        case Failed(status):
            event, without = "outbox.failed", "5.0.0"
        case unreachable:
            assert_never(unreachable)
    found = _DSN.match(status)
    return event, found[1] if found else without
