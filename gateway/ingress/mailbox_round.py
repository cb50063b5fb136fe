"""A round through a mailbox: what is not done is fetched, handed over, and, after the commit, moved (I3, I4).

A mail that cannot be taken in, or not be moved, stays where it is, rests, and stops no other. The server is asked for
one thing at a time; while it fetches the next mails and moves the last, those between are received, without a pause.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import structlog

from gateway.core.arrival import Arrival, Origin, Position
from gateway.core.place import Folder, Mail, Place, Step
from gateway.core.reason import Disposition
from gateway.core.verdict import Defer
from gateway.ingress.budget import Budget
from gateway.ingress.imap.driver import BATCH, Driver, Filed, FolderMissing, Item, MailboxFault, OverQuota, Refused
from gateway.ingress.mailbox_mend import copied
from gateway.ingress.mailbox_rests import Rests
from gateway.ingress.mailbox_settings import FLAGGED, MailboxSettings, keyword
from gateway.ports import Mailboxes, Receive, Unavailable

OCTETS = 16 * 2**20
"""Of messages fetched at once; a larger one comes alone."""
PARALLEL = 32
"""Messages handed over at once: their commits are grouped."""
BUDGET_SECONDS = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class World:
    """What a mailbox is given."""

    ledger: Mailboxes
    receive: Receive
    budget: Budget
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    chance: Callable[[], float]
    short: Callable[[], str] = str
    """Why the disk has no room for new mail; "" where it has."""


@dataclass(slots=True)
class Round:
    """One pass."""

    world: World
    settings: MailboxSettings
    driver: Driver
    folder: Folder
    rests: Rests
    renumbered: bool
    keeps_keywords: bool
    stopping: Callable[[], bool]
    reopened: bool = False
    """Whether another folder was open meanwhile, so that news of this one were told to nobody."""
    handed: deque[asyncio.Task[dict[int, Disposition]]] = field(default_factory=deque)
    """What is being received, the oldest first. It asks the server for nothing."""
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PARALLEL))

    async def walk(self) -> None:
        """Everything that is not done, in the order of UIDs. Raises MailboxFault, Unavailable."""
        after = 0
        try:
            while not self.stopping() and (batch := await self.world.ledger.unfinished(self.folder, after, BATCH)):
                now = self.world.now()
                if awake := [mail for mail in batch if self.rests.awake(mail.uid, now)]:
                    await self._batch(awake)
                after = batch[-1].uid
            await self._file_all_but(0)
        finally:
            await self._leave_nothing()

    async def _leave_nothing(self) -> None:
        """After a fault what is being received is finished, and filed when met again; cancelled, it is dropped."""
        if (walking := asyncio.current_task()) is not None and walking.cancelling():
            for part in self.handed:
                part.cancel()
        await asyncio.gather(*self.handed, return_exceptions=True)

    async def _batch(self, batch: list[Mail]) -> None:
        items = await self.driver.sizes([mail.uid for mail in batch])
        await self._missing([mail for mail in batch if mail.uid not in items])
        there = [mail for mail in batch if mail.uid in items]
        await self._file({mail.uid: mail.disposition for mail in there if mail.disposition is not None}, items)
        wanted = [mail for mail in there if mail.step is not Step.TAKEN]
        self.rests.unread.update(
            {mail.uid: items[mail.uid].internaldate for mail in wanted if mail.step is Step.WAITING}
        )
        fitting = {mail.uid: items[mail.uid] for mail in wanted if items[mail.uid].size <= self.settings.message}
        await self._too_large([mail.uid for mail in wanted if mail.uid not in fitting and mail.step is Step.WAITING])
        if fitting and (short := self.world.short()):
            raise Unavailable(short)
        for part in _parts(fitting, self.rests.alone):
            if self.stopping():  # a batch of the largest lasts for longer than a drain may
                break
            await self._take_in(part)

    async def _missing(self, mails: list[Mail]) -> None:
        """Somebody else moved or removed them; or we did, and were killed before it was written down."""
        for step, found in ((Step.DONE, True), (Step.GONE, False)):
            uids = [mail.uid for mail in mails if (mail.step is Step.TAKEN) is found]
            await self.world.ledger.settle_mail(self.folder, uids, step)
            self._forget(uids)

    async def _too_large(self, uids: list[int]) -> None:
        """Not fetched, so not received: it stays where a person finds it."""
        if uids:
            with suppress(FolderMissing, OverQuota, Refused):  # a courtesy: the ledger knows
                await self.driver.flag(uids, FLAGGED)
            await self.world.ledger.settle_mail(self.folder, uids, Step.STAYS)
            self._forget(uids)
            log.warning(
                "mailbox.too-large",
                ingress=self.settings.name,
                uids=uids[:10],
                limit=self.settings.message,
                do="read it in the mailbox, where it stays flagged; or raise limits.message",
            )

    async def _take_in(self, part: Mapping[int, Item]) -> None:
        """Fetch these, while those before are received; when those are done, file them, while these are received."""
        sizes = {uid: item.size for uid, item in part.items()}
        async with AsyncExitStack() as holding:
            await holding.enter_async_context(self._memory(sum(sizes.values())))
            fetched = await self._fetch(sizes)
            self._compare(sizes, fetched)
            large = [uid for uid, octets in fetched.items() if len(octets) > self.settings.message]
            await self._too_large(large)  # RFC822.SIZE is a claim
            for uid in large:
                del fetched[uid]
            self.handed.append(asyncio.create_task(self._hand_over(fetched, holding.pop_all())))
        await self._file_all_but(1)

    async def _file_all_but(self, newest: int) -> None:
        while len(self.handed) > newest:
            outcomes = await self.handed[0]
            self.handed.popleft()
            await self._file(outcomes)

    @asynccontextmanager
    async def _memory(self, octets: int) -> AsyncIterator[None]:
        try:
            async with self.world.budget.hold(octets, BUDGET_SECONDS, self.settings.name):
                yield
        except TimeoutError:
            raise Unavailable("no memory is free for the mail of a mailbox") from None

    async def _fetch(self, sizes: Mapping[int, int]) -> dict[int, bytes]:
        """A mail on which the server fails each time must not keep us from the rest: it is found, and rests."""
        try:
            return await self.driver.fetch(sizes)
        except MailboxFault as fault:
            if len(sizes) == 1:
                self._rest(list(sizes), f"UID {next(iter(sizes))} cannot be fetched: {fault}")
            self.rests.alone.update(sizes)
            raise

    async def _hand_over(self, fetched: Mapping[int, bytes], memory: AsyncExitStack) -> dict[int, Disposition]:
        outcomes: dict[int, Disposition] = {}

        async def receive(uid: int) -> None:
            async with self.room:
                outcome = await self._receive(uid, fetched[uid])
            if outcome is not None:
                outcomes[uid] = outcome

        async with memory:
            for uid in fetched if self.renumbered else ():
                known = await self.world.ledger.known_again(Place(self.folder, uid), fetched[uid])
                if known is not None:
                    outcomes[uid] = known
            async with asyncio.TaskGroup() as group:
                for uid in sorted(fetched.keys() - outcomes.keys()):
                    group.create_task(receive(uid))
        self._forget(outcomes)
        return outcomes

    def _compare(self, sizes: Mapping[int, int], fetched: Mapping[int, bytes]) -> None:
        """RFC822.SIZE is exact (RFC 9051 §2.3.4), but where a server estimates it: told, and taken as it came."""
        if differ := [(uid, sizes[uid], len(octets)) for uid, octets in fetched.items() if len(octets) != sizes[uid]]:
            log.info("mailbox.size-differs", ingress=self.settings.name, mails=len(differ), uid_said_came=differ[:10])

    async def _receive(self, uid: int, octets: bytes) -> Disposition | None:
        """None: put off, and nothing written down (I9)."""
        settings, world = self.settings, self.world
        origin = Origin(settings.name, Position.BEHIND_MTA, settings.server.host, settings.trusted_ids, settings.inside)
        place = Place(self.folder, uid)
        receipt = await world.receive(Arrival(world.new_id(), octets, None, origin, world.now(), place))
        if isinstance(receipt.verdict, Defer):
            self._rest([uid], f"UID {uid} is put off: {receipt.verdict.detail}")
            return None
        return receipt.verdict.disposition

    async def _file(self, outcomes: Mapping[int, Disposition], begun: Mapping[int, Item] | None = None) -> None:
        """Move or flag. `begun` knows those that were to be before, and perhaps were by half."""

        def target(uid: int) -> tuple[str, str]:
            disposition = outcomes[uid]
            stays = self.settings.filing == "flag" or disposition is Disposition.FAILED
            return ("", keyword(disposition)) if stays else (self.settings.folders[disposition], keyword(disposition))

        for (folder, flag), group in groupby(sorted(outcomes, key=lambda uid: (target(uid), uid)), key=target):
            uids = list(group)
            try:
                moved = folder and await self._move(uids, folder, begun or {}) is Filed.MOVED
                if not moved and (flag == FLAGGED or self.keeps_keywords):
                    await self.driver.flag(uids, flag)
            except (FolderMissing, OverQuota, Refused) as fault:  # written down already, so nothing is lost
                where = f"cannot be moved to {folder}" if folder else "cannot be flagged"
                self._rest(uids, f"{len(uids)} messages {where}: {fault}")
            else:
                await self.world.ledger.settle_mail(self.folder, uids, Step.DONE)
                log.info("mailbox.filed", ingress=self.settings.name, uids=uids, folder=folder, flag=flag)
                self._forget(uids)

    async def _move(self, uids: list[int], folder: str, begun: Mapping[int, Item]) -> Filed:
        if begun and "MOVE" not in self.driver.capabilities and "UIDPLUS" in self.driver.capabilities:
            uids = await self._mended(uids, folder, begun)
        try:
            return await self.driver.move(uids, folder)
        except FolderMissing:
            await self.driver.ensure_folder(folder)
            return await self.driver.move(uids, folder)

    async def _mended(self, uids: list[int], folder: str, begun: Mapping[int, Item]) -> list[int]:
        """Finish what was copied and not yet expunged; what is still to be moved."""
        home = self.settings.folder, self.folder.uidvalidity
        self.reopened = True
        async with self._memory(max(begun[uid].size for uid in uids)):
            there = await copied(self.driver, home, folder, {uid: begun[uid] for uid in uids}, self.settings.message)
        await self.driver.remove(there)  # not taken by anybody else: a UID is of one mail for ever
        return [uid for uid in uids if uid not in there]

    def _forget(self, uids: Iterable[int]) -> None:
        for uid in uids:
            self.rests.unread.pop(uid, None)
            self.rests.until.pop(uid, None)
            self.rests.alone.discard(uid)

    def _rest(self, uids: list[int], why: str) -> None:
        self.rests.trouble = why
        for uid in uids:
            self.rests.put_off(uid, self.world.now(), self.world.chance())
        # no warning: a stranger's DNS can cause it; `status` shows what goes on being so
        log.info("mailbox.put-off", ingress=self.settings.name, uids=uids[:10], why=why)


def _parts(items: Mapping[int, Item], alone: set[int]) -> Iterator[dict[int, Item]]:
    """In the order of UIDs, at most so many octets each, at least one message."""
    part: dict[int, Item] = {}
    octets = 0
    for uid in sorted(items):
        if part and (octets + items[uid].size > OCTETS or not alone.isdisjoint({uid, *part})):
            yield part
            part, octets = {}, 0
        part[uid] = items[uid]
        octets += items[uid].size
    if part:
        yield part
