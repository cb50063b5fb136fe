"""A round through a mailbox: what is not done is fetched, handed over, and, after the commit, moved (I3, I4).

A mail that cannot be taken in, or not be moved, stays where it is, rests, and stops no other. The server is asked for
one thing at a time; while it fetches the next mails and moves the last, those between are received, without a pause.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.core.arrival import Arrival, Origin, Position
from gateway.core.place import Folder, Mail, Place, Step
from gateway.core.reason import Disposition
from gateway.core.verdict import Defer
from gateway.ingress.imap.driver import BATCH, Driver, Item
from gateway.ingress.mailbox_filing import Filing
from gateway.ingress.mailbox_rests import Rests, apart, named
from gateway.ingress.mailbox_settings import MailboxSettings
from gateway.ingress.mailbox_world import World
from gateway.ports import Unavailable

OCTETS = 16 * 2**20
"""Of messages fetched at once; a larger one comes alone."""
PARALLEL = 32
"""Messages handed over at once: their commits are grouped."""

log = structlog.get_logger()


@dataclass(slots=True)
class Round:
    """One pass."""

    world: World
    settings: MailboxSettings
    driver: Driver
    folder: Folder
    rests: Rests
    filing: Filing
    renumbered: bool
    stopping: Callable[[], bool]
    handed: deque[asyncio.Task[dict[int, Disposition]]] = field(default_factory=deque)
    """What is being received, the oldest first. It asks the server for nothing."""
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PARALLEL))

    async def walk(self) -> None:
        """Everything that is not done, in the order of UIDs. Raises MailboxFault, Unavailable."""
        after = 0
        try:
            while not self.stopping() and (batch := await self.world.ledger.unfinished(self.folder, after, BATCH)):
                awake = {mail.uid: mail for mail in batch if self.rests.awake(mail.uid)}
                for some in apart(awake, self.rests.alone):
                    await self._batch([awake[uid] for uid in some])
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
        for mail in batch:
            if mail.step is Step.WAITING:
                self.rests.unread.setdefault(mail.uid, None)
        items = await self._items([mail.uid for mail in batch])
        if missing := [mail for mail in batch if mail.uid not in items and self.rests.awake(mail.uid)]:
            await self._missing(missing)
        there = [mail for mail in batch if mail.uid in items]
        await self.filing.file({mail.uid: mail.disposition for mail in there if mail.disposition is not None}, items)
        wanted = [mail for mail in there if mail.step is not Step.TAKEN]
        self.rests.unread.update(
            {mail.uid: items[mail.uid].internaldate for mail in wanted if mail.step is Step.WAITING}
        )
        fitting = {mail.uid: items[mail.uid] for mail in wanted if self._fits(mail.uid, items[mail.uid])}
        await self.filing.too_large(
            [mail.uid for mail in wanted if mail.uid not in fitting and mail.step is Step.WAITING]
        )
        if fitting and (short := self.world.short()):
            raise Unavailable(short)
        for part in _parts(fitting, self.rests.alone):
            if self.stopping():  # a batch of the largest lasts for longer than a drain may
                break
            await self._take_in(part)

    def _fits(self, uid: int, item: Item) -> bool:
        return max(item.size, self.rests.lengths.get(uid, 0)) <= self.settings.message

    async def _items(self, uids: list[int]) -> dict[int, Item]:
        items: dict[int, Item] = {}

        async def ask(some: list[int]) -> None:
            items.update(await self.driver.sizes(some))

        await self.rests.together(uids, ask, "cannot be looked at")
        return items

    async def _missing(self, mails: list[Mail]) -> None:
        """Somebody else moved or removed them; or we did, and were killed before it was written down.

        What is there all the same was left out of an answer.
        """
        there = await self.driver.present(mail.uid for mail in mails)
        if there:
            self.rests.put_off(sorted(there), f"of {named(sorted(there))} the server told nothing")
        for step, found in ((Step.DONE, True), (Step.GONE, False)):
            uids = [mail.uid for mail in mails if (mail.step is Step.TAKEN) is found and mail.uid not in there]
            await self.world.ledger.settle_mail(self.folder, uids, step)
            self.rests.forget(uids)
            if uids and step is Step.GONE:
                log.info("mailbox.gone", ingress=self.settings.name, uids=uids)

    async def _take_in(self, part: Mapping[int, Item]) -> None:
        """Fetch these, while those before are received; when those are done, file them, while these are received."""
        large: list[int] = []

        async def fetch(some: list[int]) -> None:
            sizes = {uid: part[uid].size for uid in some}
            async with AsyncExitStack() as holding:
                await holding.enter_async_context(self.world.memory(sum(sizes.values()), self.settings.name))
                fetched = await self.driver.fetch(sizes)
                if left_out := sorted(sizes.keys() - fetched.keys()):  # removed meanwhile, which the next look tells
                    self.rests.put_off(left_out, f"of {named(left_out)} no octets came")
                self._compare(sizes, fetched)
                lengths = {uid: len(octets) for uid, octets in fetched.items() if len(octets) > self.settings.message}
                self.rests.lengths |= lengths
                large.extend(lengths)
                kept = {uid: octets for uid, octets in fetched.items() if uid not in lengths}
                self.handed.append(asyncio.create_task(self._hand_over(kept, holding.pop_all())))

        await self.rests.together(part, fetch, "cannot be fetched")
        await self.filing.too_large(large)  # RFC822.SIZE is a claim
        await self._file_all_but(1)

    async def _file_all_but(self, newest: int) -> None:
        while len(self.handed) > newest:
            outcomes = await self.handed[0]
            self.handed.popleft()
            await self.filing.file(outcomes)

    async def _hand_over(self, fetched: Mapping[int, bytes], memory: AsyncExitStack) -> dict[int, Disposition]:
        outcomes: dict[int, Disposition] = {}
        async with memory:
            for uid in fetched if self.renumbered else ():  # one by one: each message is known again once
                outcomes |= await self._outcomes({uid: self.world.ledger.known_again(self._at(uid), fetched[uid])})
            new = sorted(uid for uid in fetched.keys() - outcomes.keys() if self.rests.awake(uid))
            outcomes |= await self._outcomes({uid: self._receive(uid, fetched[uid]) for uid in new})
        self.rests.forget(outcomes)
        return outcomes

    async def _outcomes(self, works: Mapping[int, Coroutine[Any, Any, Disposition | None]]) -> dict[int, Disposition]:
        """What became of each; where that is a fault of ours, its mail rests. Raises Unavailable."""
        outcomes: dict[int, Disposition] = {}
        for uid, outcome in zip(works, await asyncio.gather(*works.values(), return_exceptions=True), strict=True):
            match outcome:
                case Unavailable():
                    raise outcome
                case Exception():
                    do = "report it, with what follows"
                    log.error("mailbox.fault", ingress=self.settings.name, uid=uid, do=do, exc_info=outcome)
                    self.rests.put_off([uid], f"UID {uid} meets a fault of ours: {type(outcome).__name__}")
                case BaseException():
                    raise outcome
                case Disposition():
                    outcomes[uid] = outcome
        return outcomes

    def _compare(self, sizes: Mapping[int, int], fetched: Mapping[int, bytes]) -> None:
        """RFC822.SIZE is exact (RFC 9051 §2.3.4), but where a server estimates it: told, and taken as it came."""
        if differ := [(uid, sizes[uid], len(octets)) for uid, octets in fetched.items() if len(octets) != sizes[uid]]:
            log.info("mailbox.size-differs", ingress=self.settings.name, mails=len(differ), uid_said_came=differ[:10])

    async def _receive(self, uid: int, octets: bytes) -> Disposition | None:
        """None: put off, and nothing written down (I9)."""
        settings, world = self.settings, self.world
        origin = Origin(settings.name, Position.BEHIND_MTA, settings.server.host, settings.trusted_ids, settings.inside)
        async with self.room:
            arrival = Arrival(world.new_id(), octets, None, origin, world.now(), self._at(uid))
            receipt = await world.receive(arrival)
        if isinstance(receipt.verdict, Defer):
            self.rests.put_off([uid], f"UID {uid} is put off: {receipt.verdict.detail}")
            return None
        return receipt.verdict.disposition

    def _at(self, uid: int) -> Place:
        return Place(self.folder, uid)


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
