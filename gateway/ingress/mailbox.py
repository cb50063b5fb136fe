"""A mailbox: read for years without losing, repeating or missing a mail, whatever its server does.

One task each, with its own connection and its own waits, so that none stops another. What is expected of a network
is a state with words and a time for the next try, never an end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from gateway.core.place import Folder, Sight
from gateway.core.remedies import remedy
from gateway.core.standing import Standing, Stint
from gateway.ingress.imap.driver import LONGEST_IDLE, Connect, Driver, Gone, MailboxFault, Refused, Selected, Woke
from gateway.ingress.mailbox_filing import Filing
from gateway.ingress.mailbox_rests import Rests
from gateway.ingress.mailbox_round import Round
from gateway.ingress.mailbox_settings import CONNECTION, HOPELESS, REFUSAL, MailboxSettings, SignIn
from gateway.ingress.mailbox_sight import begun_again, first_sight, news
from gateway.ingress.mailbox_world import World
from gateway.ports import Board, Unavailable

SEEN_AT_ONCE = 1000
"""UIDs in one transaction of the ledger: others wait for it."""
DEAF_SWEEP = 30.0
"""Seconds between two looks where IDLE was silent about a mail that was there."""

HELD = timedelta(minutes=1)
"""A connection that was waited on for so long was no failure, however it ended."""

COMMAND_ENDS_WITHIN = 1800.0
"""Seconds, with the longest IDLE, and with what is received between two commands."""

_BY_KIND = "see `gateway status`, and `Mailboxes` in docs/operating.md for this kind"

T = TypeVar("T")
log = structlog.get_logger()


class Mailbox:
    """`serve()` in a task, then `drain()`. `pause` waits so many seconds."""

    def __init__(  # noqa: PLR0913 - what a mailbox needs, given by app.py
        self,
        settings: MailboxSettings,
        world: World,
        board: Board,
        *,
        connect: Connect,
        sign_in: SignIn,
        pause: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._world = world
        self._board = board
        self._connect = connect
        self._sign_in = sign_in
        self._pause = pause
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._standing = Standing(settings.name, "imap", world.now())
        self._failures = 0
        self._rests = self._resting(None)
        self._driver: Driver | None = None
        self._visits = 0
        self._waiting = False

    @property
    def stints(self) -> tuple[Stint, ...]:
        """The command that it is at; nothing while it waits for a time, or does not read."""
        if self._task is None or self._task.done() or self._waiting:
            return ()
        mark = self._visits, self._driver.ended if self._driver else 0
        return (Stint(self._settings.name, mark, COMMAND_ENDS_WITHIN),)

    async def serve(self) -> None:
        """Read it until drained. Cancelled, it drops the connection; what was committed is moved the next time."""
        self._task, self._rests = asyncio.current_task(), self._resting(None)
        while not self._stop.is_set():
            [fault] = await asyncio.gather(self._visit(), return_exceptions=True)
            match fault:
                case MailboxFault() | Unavailable():
                    await self._wait_for(self._failed(fault).total_seconds())
                case Exception():
                    await self._wait_for(self._broken(fault).total_seconds())
                case BaseException():
                    raise fault

    async def drain(self, grace: float) -> None:
        """Start nothing more; what is in work has `grace` seconds."""
        self._stop.set()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=grace)
            for task in late:
                task.cancel()

    async def _visit(self) -> None:
        self._visits, self._driver = self._visits + 1, None
        self._driver = driver = await self._connect(self._settings.server)
        try:
            await self._sign_in(driver)
            selected = await driver.select(self._settings.folder)
            if selected.read_only:
                raise Refused(f"{self._settings.folder} is read-only for this user, so nothing could be moved from it")
            await self._stay(driver, selected)
            await driver.logout()
        finally:
            driver.abort()

    async def _stay(self, driver: Driver, selected: Selected) -> None:
        """Look at everything, wait for a change or for the next sweep, and again."""
        folder = Folder(self._settings.name, selected.uidvalidity)
        if await begun_again(self._world, folder, selected.uidnext) or folder != self._rests.folder:
            self._rests = self._resting(folder)
        sight = await first_sight(self._world, self._settings, driver, folder, selected.uidnext)
        deaf, waited = False, None
        while not self._stop.is_set():
            found = await self._look(driver, folder, sight, selected)
            if found and waited is Woke.TIME and not deaf:
                deaf = True
                log.warning(
                    "mailbox.deaf",
                    ingress=self._settings.name,
                    why="IDLE was silent about mail that was there",
                    do="nothing: it is looked at twice a minute now; or ask whoever runs that server",
                )
            if found:  # what came meanwhile was perhaps told while nobody idled
                waited = None
                continue
            waited = await self._wait(driver, deaf=deaf)

    async def _look(self, driver: Driver, folder: Folder, sight: Sight, selected: Selected) -> bool:
        """One sweep; whether anything was there that was not seen before."""
        known = await self._world.ledger.sight(folder) or sight
        new = await news(driver, known.mark, selected.uidnext)
        for at in range(0, len(new), SEEN_AT_ONCE):
            chunk = new[at : at + SEEN_AT_ONCE]
            await self._world.ledger.see(folder, chunk, replace(known, mark=chunk[-1]), self._world.now())
        given = self._world, self._settings, driver, folder, self._rests
        filing = Filing(*given, keeps_keywords=selected.keeps_keywords)
        await Round(*given, filing, renumbered=known.renumbered, stopping=self._stop.is_set).walk()
        if filing.reopened:
            return await self._look(driver, folder, sight, selected) or bool(new)
        now = self._world.now()
        self._stands(
            last_success=now,
            last_error=self._rests.trouble if self._rests.until else "",
            next_try=self._rests.next() or now + timedelta(seconds=self._settings.sweep),
            hopeless=False,
        )
        return bool(new)

    async def _wait(self, driver: Driver, *, deaf: bool) -> Woke | None:
        """Until something changes, or it is time to look anyway. None: nobody listened to changes.

        A connection on which one could wait is a good one; many a server ends it after some minutes.
        """
        began = self._world.now()
        try:
            woke = await self._woken(driver, deaf=deaf)
        except MailboxFault:
            if self._world.now() - began >= HELD:
                self._failures = 0
            raise
        self._failures = 0
        return woke

    async def _woken(self, driver: Driver, *, deaf: bool) -> Woke | None:
        seconds = min(self._settings.sweep, DEAF_SWEEP) if deaf else self._settings.sweep
        if (rested := self._rests.next()) is not None:
            seconds = max(min(seconds, (rested - self._world.now()).total_seconds()), 1)
        if deaf or "IDLE" not in driver.capabilities:
            await self._wait_for(seconds)
            return None
        try:
            return await self._until_stopped(driver.idle(min(seconds, LONGEST_IDLE)))
        except Refused as fault:
            log.info("mailbox.idle-refused", ingress=self._settings.name, why=str(fault), again_in=seconds)
            await self._wait_for(seconds)
            return None

    def _resting(self, folder: Folder | None) -> Rests:
        return Rests(folder, self._world.now, self._world.chance)

    def _failed(self, fault: MailboxFault | Unavailable) -> timedelta:
        """Tell of it, and how long to wait."""
        self._failures = 1 if self._rests.blamed else self._failures + 1
        self._rests.blamed = False
        hopeless = isinstance(fault, HOPELESS)
        wait = (REFUSAL if hopeless else CONNECTION).after(self._failures, self._world.chance())
        kind = type(fault).__name__
        self._stands(last_error=f"{kind}: {fault}", next_try=self._world.now() + wait, hopeless=hopeless)
        tell = log.error if hopeless else log.warning
        tell(
            "mailbox.failed",
            ingress=self._settings.name,
            kind=kind,
            why=str(fault),
            again_in=wait.total_seconds(),
            do=remedy(str(fault), _BY_KIND) if isinstance(fault, Gone) else _BY_KIND,  # those words are the kernel's
        )
        return wait

    def _broken(self, fault: Exception) -> timedelta:
        """Tell of what nobody foresaw, and how long to wait: no other mailbox has to do with it."""
        self._failures += 1
        wait = REFUSAL.after(self._failures, self._world.chance())
        kind = type(fault).__name__
        self._stands(last_error=f"a fault of ours, told in the log: {kind}", next_try=self._world.now() + wait)
        log.error(
            "mailbox.fault",
            ingress=self._settings.name,
            again_in=wait.total_seconds(),
            do="report it, with what follows",
            exc_info=fault,
        )
        return wait

    def _stands(self, **now: Any) -> None:
        unread = self._rests.unread
        oldest = min((when for when in unread.values() if when), default=None)
        self._standing = replace(self._standing, unread=len(unread), oldest_unread=oldest, **now)
        self._board.stands(self._standing)

    async def _wait_for(self, seconds: float) -> None:
        self._waiting = True
        try:
            await self._until_stopped(self._pause(seconds))
        finally:
            self._waiting = False

    async def _until_stopped(self, waiting: Coroutine[Any, Any, T]) -> T | None:
        """What it returns; None when we are to stop first, and then it is cancelled."""
        task, stop = asyncio.ensure_future(waiting), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
            return await task if task.done() else None
        finally:
            for one in (task, stop):
                one.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)
