"""What the sessions of one listener share: who may come in, and the handing over of what they bring.

A reload gives a listener another site. Whoever came in before keeps the one that greeted them, to the end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, assert_never

import structlog

from gateway.core.arrival import Arrival, Envelope, Origin, Position
from gateway.core.reason import Disposition
from gateway.core.served import Served
from gateway.core.standing import Bound
from gateway.core.verdict import Accept, Defer, Enquire, Refuse
from gateway.ingress import replies
from gateway.ingress.body import Body
from gateway.ingress.budget import Budget
from gateway.ingress.certificate import Certificate
from gateway.ingress.intake import SPOOL
from gateway.ingress.replies import Reply
from gateway.ingress.settings import Bounds, IPAddress, ListenerSettings, client_group
from gateway.ports import Receipt, Receive

PIECE = 2**16  # octets read at once

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is connected, worked out once for all of its messages."""

    origin: Origin
    group: str
    """Who shares connections and turns: an address or an IPv6 /64, and all clients of Unix sockets together, as ""."""
    is_peer: bool


class Visit(Protocol):
    """A session, as far as its site knows it."""

    done: asyncio.Future[None]

    def wind_down(self) -> None:
        """Part, as soon as no message is under way."""

    def abort(self) -> None:
        """Part at once."""


@dataclass(slots=True)
class Site:
    """One listener's settings and means, its open connections, and the messages it is handing over."""

    settings: ListenerSettings
    bounds: Bounds
    hostname: str
    served: Served
    receive: Receive
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    budget: Budget
    spool: Path
    short: Callable[[], str] = str
    """Why the disk has no room for new mail; "" where it has."""
    certificate: Certificate | None = None
    """What STARTTLS is offered with."""
    draining: bool = False
    connections: Counter[str] = field(default_factory=Counter)
    """By who shares them; the same counter at each site of a listener."""
    visits: set[Visit] = field(default_factory=set)
    commits: set[asyncio.Task[Reply]] = field(default_factory=set)
    put_off: int = 0
    scratch: memoryview = field(default_factory=lambda: memoryview(bytearray(PIECE)))

    def guest(self, client: IPAddress | None) -> Guest:
        """Where this client's messages come from. Authserv-ids count only from a peer (threats rule 5)."""
        is_peer = self.settings.is_peer(client)
        trusted = self.settings.trusted_ids if is_peer else frozenset()
        peer, group = ("unix", "") if client is None else (str(client), client_group(client))
        return Guest(Origin(self.settings.name, self.settings.position, peer, trusted), group, is_peer)

    def admit(self, guest: Guest) -> Reply | None:
        """Count a connection in, or say why not: then it counts for nobody."""
        if self.draining:
            return replies.CLOSING
        if self.settings.position is Position.BEHIND_MTA and not guest.is_peer:
            return replies.NOT_A_PEER
        crowded = guest.group and self.connections[guest.group] >= self.bounds.connections_per_peer
        if crowded or self.connections.total() >= self.bounds.connections:
            self.put_off += 1
            return replies.TOO_MANY_CONNECTIONS
        self.connections[guest.group] += 1
        return None

    def leave(self, guest: Guest) -> None:
        """Count an admitted connection out."""
        self.connections[guest.group] -= 1
        if not self.connections[guest.group]:
            del self.connections[guest.group]

    @property
    def bound(self) -> Bound:
        """How many connections there are."""
        name = f"connections {self.settings.name}"
        return Bound(name, self.connections.total(), self.bounds.connections, self.put_off)

    def succeed(self, before: Site) -> None:
        """Take its place: who is connected there counts here too."""
        self.connections, self.put_off = before.connections, before.put_off

    def wind_down(self) -> None:
        """Idle clients get 421, the others when their message is through."""
        self.draining = True
        for visit in tuple(self.visits):
            visit.wind_down()

    async def drain(self, grace: float | None) -> None:
        """The same, and what is under way may be finished within `grace` seconds, if any are given."""
        self.wind_down()
        await self.settle(grace)
        for visit in tuple(self.visits):
            visit.abort()
        for commit in tuple(self.commits):
            commit.cancel()
        await self.settle()

    async def settle(self, seconds: float | None = None) -> None:
        """Wait until no session and no commit is under way, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while under_way := self._under_way():
                    await asyncio.wait(under_way)
                    await asyncio.sleep(0)  # for those who are told when one is done

    def _under_way(self) -> list[asyncio.Future[Any]]:
        return [*self.commits, *(one.done for one in self.visits)]

    def later(self) -> Reply | None:
        """Asked before a message begins: its time may not have come."""
        return replies.NO_ROOM if self.short() else None

    def commit(self, body: Body, envelope: Envelope, guest: Guest, answer: Callable[[Reply], None]) -> None:
        """Hand a finished message over, and say what became of it. Nobody who hangs up stops it (threats rule 13)."""
        task = asyncio.create_task(self._hand_over(body, envelope, guest))
        self.commits.add(task)
        task.add_done_callback(partial(self._handed_over, guest, answer))

    def _handed_over(self, guest: Guest, answer: Callable[[Reply], None], task: asyncio.Task[Reply]) -> None:
        self.commits.discard(task)
        if task.cancelled():
            answer(replies.TRY_LATER)
        elif fault := task.exception():
            log.error(
                "smtp.fault",
                ingress=self.settings.name,
                peer=guest.origin.peer,
                do="report it, with what follows",
                exc_info=fault,
            )
            answer(replies.TRY_LATER)  # and never the words of the fault
        else:
            answer(task.result())

    async def _hand_over(self, body: Body, envelope: Envelope, guest: Guest) -> Reply:
        async with AsyncExitStack() as stack:
            stack.enter_context(body)
            try:
                await stack.enter_async_context(self.budget.hold(body.octets, self.bounds.budget_seconds, guest.group))
                raw = await body.read()
            except TimeoutError:
                return replies.TOO_BUSY
            except OSError as fault:
                log.warning("smtp.spool", ingress=self.settings.name, why=str(fault), do=SPOOL)
                return replies.TRY_LATER
            body.close()
            receipt = await self.receive(Arrival(self.new_id(), raw, envelope, guest.origin, self.now()))
        return answer(receipt, guest.origin.position)


def answer(receipt: Receipt, position: Position) -> Reply:
    """The verdict in SMTP's tongue (interfaces, "SMTP and LMTP replies")."""
    match receipt.verdict:
        case Defer():
            return replies.TRY_LATER
        case Refuse(disposition=Disposition.REJECT) if position is Position.EDGE:
            return replies.REJECTED
        case Accept() | Enquire() | Refuse():  # behind an MTA a 5yz would bounce to a forged sender (threats rule 12)
            return replies.accepted(receipt.id)
        case other:
            assert_never(other)
