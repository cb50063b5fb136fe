"""The store as the stories see it: look-ups by its reader, writes by its writer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from copy import copy
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from gateway.core.account import Account, Service, Turn
from gateway.core.address import Address
from gateway.core.case import TicketFact
from gateway.core.committed import Held, Record, Recorded
from gateway.core.confirmation import Confirmation
from gateway.core.figures import Figures
from gateway.core.likeness import Resemblance
from gateway.core.place import Folder, Mail, Place, Sight, Step
from gateway.core.rates import Counter, Rates
from gateway.core.reason import Disposition
from gateway.core.reference import Keyring
from gateway.core.reply import Outcome, Outgoing
from gateway.core.retention import Retention, Swept
from gateway.core.standing import Bound, Commit, Stint
from gateway.core.verdict import Refuse
from gateway.ports import Due, Unavailable
from gateway.store import (
    audit,
    blob_sweep,
    blobs,
    book,
    claims,
    confirmations,
    contents,
    desk,
    figures,
    letters,
    likeness,
    mailboxes,
    rates,
)
from gateway.store.database import Database
from gateway.store.group import Rank
from gateway.store.keys import keyring
from gateway.store.nodes import SWEEP, Node
from gateway.store.putting import Putting
from gateway.store.reader import reader
from gateway.store.retention import Sweep
from gateway.store.writer import Writer

T = TypeVar("T")
log = structlog.get_logger()

_LETTERS, _OPENING = -1, 0
"""Of an account, beside the ids of its tickets."""
_LAST = (sys.maxsize, 0)
"""A report about a letter: of whose account is not known here, and what became of the letter itself comes first."""


class Store:
    """Implements AddressBook, Desk, Keys, Archive, Mailboxes, Keeper and Outbox over one database."""

    def __init__(
        self,
        database: Database,
        acknowledgements: letters.Limits,
        node: Node | None = None,
        told: Callable[[Commit], None] = lambda _: None,
    ) -> None:
        """`node` is who we are where there may be several; `told` of each commit, in the writer's thread."""
        self._database = database
        self._node = node
        self._acknowledgements = acknowledgements
        self._writer = Writer(database, told)
        self._putting = Putting()
        self._reader = reader(database)

    def within(self, acknowledgements: letters.Limits) -> Store:
        """The same, with other limits on what is written by itself."""
        other = copy(self)
        other._acknowledgements = acknowledgements  # noqa: SLF001 - it is one of us
        return other

    async def registered(self, author: Address) -> tuple[Account, ...]:
        """The accounts that `author` is registered on."""
        return await self._reader.ask(partial(book.registered, author=author))

    async def holders(self, keys: Sequence[str]) -> tuple[Service, ...]:
        """The services of these keys, whoever holds them."""
        return await self._reader.ask(partial(book.holders, keys=keys))

    async def resembling(self, author: Address, named: Sequence[Address]) -> tuple[Resemblance, ...]:
        """Whom `author` resembles, and who is registered on the `named` addresses."""
        return await self._reader.ask(partial(likeness.resembling, author=author, named=named))

    async def account(self, account_id: int) -> Account | None:
        """The account as it is now."""
        return await self._reader.ask(partial(book.by_id, account_id=account_id))

    async def tickets(self, references: Sequence[str]) -> tuple[TicketFact, ...]:
        """Those of these references that exist."""
        return await self._reader.ask(partial(desk.tickets, references=references))

    async def confirmation(self, reference: str) -> Confirmation | None:
        """The question of this reference."""
        return await self._reader.ask(partial(confirmations.confirmation, reference=reference))

    async def held(self, message_id: str) -> Held | None:
        """The message, if it is held still. Its octets may be on another machine: so in a thread."""
        return await asyncio.to_thread(self._database.read, partial(confirmations.held, message_id=message_id))

    async def keyring(self) -> Keyring:
        """The keys of tokens, as they are now."""
        return await self._reader.ask(keyring)

    async def rates(self, counters: Sequence[Counter], at: datetime) -> Rates:
        """How many counted in these within the hour before `at`."""
        return await self._reader.ask(partial(rates.rates, counters=counters, at=at))

    async def record(self, record: Record) -> Recorded:
        """One transaction a message; returns after the commit (I3)."""
        put = await self._put(record)
        work = partial(confirmations.store, record=put, acknowledgements=self._acknowledgements)
        place, rank = record.case.arrival.place, _rank(record)
        return await (self._write_of(place.folder, work, rank) if place else self._writer.write(work, rank))

    async def due(self, now: datetime, limit: int, busy: Collection[str] = ()) -> tuple[Due, ...]:
        """Outbox rows to be tried now; where others could try them too, they are this gateway's from now on."""
        if self._node is None:
            return await self._reader.ask(partial(letters.due, now=now, limit=limit, busy=busy))
        node = self._node.number
        if node is None or not await self._reader.ask(partial(claims.waiting, now=now, busy=busy, node=node)):
            return ()
        return await self._writer.write(partial(claims.claim, now=now, limit=limit, busy=busy, node=node))

    async def settle(
        self,
        due: Due,
        outgoing: Outgoing | None,
        outcome: Outcome | None,
        *,
        at: datetime,
        next_attempt: datetime | None,
    ) -> Turn | None:
        """Write an attempt down; what it did to the primary address."""
        node = None if self._node is None else self._node.number or claims.NOBODY
        settle = partial(letters.settle, due=due, outgoing=outgoing, outcome=outcome)
        work = partial(settle, at=at, next_attempt=next_attempt, node=node)
        return await self._writer.write(work, (due.reply.account_id, _LETTERS))

    async def sight(self, folder: Folder) -> Sight | None:
        """What is known of a mailbox's folder."""
        return await self._reader.ask(partial(mailboxes.sight, folder=folder))

    async def see(self, folder: Folder, uids: Sequence[int], sight: Sight, now: datetime) -> None:
        """Put mail down as waiting."""
        work = partial(mailboxes.see, folder=folder, uids=uids, sight=sight, now=now)
        await self._write_of(folder, work)

    async def set_aside(self, folder: Folder) -> None:
        """Begin a folder anew."""
        await self._write_of(folder, partial(mailboxes.set_aside, folder=folder))

    async def unfinished(self, folder: Folder, after: int, limit: int) -> tuple[Mail, ...]:
        """What is not done."""
        return await self._reader.ask(partial(mailboxes.unfinished, folder=folder, after=after, limit=limit))

    async def known_again(self, place: Place, octets: bytes) -> Disposition | None:
        """What became of these octets under another UIDVALIDITY."""
        found = await self._reader.ask(partial(mailboxes.known, place=place, octets=octets))
        if found is None:
            return None
        message_id, disposition = found
        await self._write_of(place.folder, partial(mailboxes.take, place=place, message_id=message_id))
        return disposition

    async def settle_mail(self, folder: Folder, uids: Sequence[int], step: Step) -> None:
        """Write down how far these are."""
        await self._write_of(folder, partial(mailboxes.settle, folder=folder, uids=uids, step=step))

    async def audit_head(self) -> audit.Head:
        """The end of the audit's chain."""
        return await self._reader.ask(audit.head)

    async def figures(self, now: datetime) -> Figures:
        """For whoever watches. In a thread: no mail waits for them. Raises Unavailable."""
        return await asyncio.to_thread(self._database.glance, partial(figures.figures, now=now))

    async def sweep(self, retention: Retention, now: datetime, by: str, pause: Callable[[], Awaitable[None]]) -> Swept:
        """One run of retention; a pause after each piece. Of several gateways one does it."""
        if self._node is not None and self._node.holds(SWEEP) is None:
            return Swept()
        run = Sweep(retention, now, by)
        while run.took(await self._writer.write(run)):
            await pause()
        await asyncio.to_thread(self._database.read, run.look)
        while run.took(await self._writer.write(run)):
            await pause()
        await self._writer.write(run.end)
        try:
            await asyncio.to_thread(blob_sweep.sweep, self._database, now, orphans=True)
        except Unavailable as fault:  # what retention has taken is gone all the same
            log.warning("blobs.unswept", why=str(fault), do="mend that; the next sweep takes them")
        return run.swept

    @property
    def bound(self) -> Bound:
        """How many wait to be committed."""
        return self._writer.bound

    @property
    def stints(self) -> tuple[Stint, ...]:
        """What is being committed."""
        return self._writer.stints

    async def watch(self) -> None:
        """Wait for the writer's end. Raises what ended it, when that was not `close()`."""
        await self._writer.watch()

    def close(self) -> None:
        """Finish what is queued, then let go of the database."""
        self._putting.close()
        self._writer.close()
        self._reader.close()

    async def _write_of(self, folder: Folder, work: Callable[[Connection], T], rank: Rank = (0, 0)) -> T:
        """What is said of a mailbox. Raises Superseded where another gateway has come to read it."""
        if self._node is None:
            return await self._writer.write(work, rank)
        name = folder.ingress
        fenced = partial(claims.fenced, name=name, node=self._node.holds(name), work=work)
        return await self._writer.write(fenced, rank)

    async def _put(self, record: Record) -> Record:
        """What is too long for the database stands outside it from here on. Raises Unavailable."""
        outside = self._database.outside
        if outside is None or not blobs.is_long(record, outside.inline):
            return record
        attached = [one.sha256 for one in blobs.long_contents(record, outside.inline)]
        inside = await self._reader.ask(partial(contents.inside, digests=attached))
        return await self._putting.put(outside, record, inside)


def _rank(record: Record) -> Rank:
    verdict = record.verdict
    if record.case.bounced:
        return _LAST
    if isinstance(verdict, Refuse) or verdict.account is None:
        return 0, 0
    return verdict.account.id, verdict.ticket.id if verdict.ticket else _OPENING
