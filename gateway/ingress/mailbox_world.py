"""What a mailbox is given to read by: the ledger, whoever receives, memory, the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from gateway.ingress.budget import Budget
from gateway.ports import Mailboxes, Receive, Unavailable

BUDGET_SECONDS = 60.0


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

    @asynccontextmanager
    async def memory(self, octets: int, ingress: str) -> AsyncIterator[None]:
        """Room for so many octets. Raises Unavailable where none is free for a minute."""
        try:
            async with self.budget.hold(octets, BUDGET_SECONDS, ingress):
                yield
        except TimeoutError:
            raise Unavailable("no memory is free for the mail of a mailbox") from None
