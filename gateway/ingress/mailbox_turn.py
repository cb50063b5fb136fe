"""A mailbox that several gateways know: read by the one that has its lease, as long as it has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from gateway.core.standing import Standing, Stint
from gateway.ingress.mailbox import Mailbox
from gateway.ports import Board


class Leases(Protocol):
    """What is ours for now."""

    def holds(self, name: str) -> int | None:
        """Under which number we have it; None where we have not."""

    async def change(self) -> None:
        """Return when any has come or gone."""


class Turn:
    """`serve()` in a task, then `drain()`, as of the mailbox."""

    def __init__(self, mailbox: Mailbox, name: str, leases: Leases, board: Board, now: Callable[[], datetime]) -> None:
        self._mailbox = mailbox
        self._name = name
        self._leases = leases
        self._board = board
        self._now = now
        self._task: asyncio.Task[None] | None = None

    @property
    def stints(self) -> tuple[Stint, ...]:
        """As of the mailbox: it is at none while another gateway has it."""
        return self._mailbox.stints

    async def serve(self) -> None:
        """Read it whenever it is ours. A number that has changed is another lease: somebody else had it between."""
        self._task = asyncio.current_task()
        while True:
            if (number := self._leases.holds(self._name)) is None:
                self._board.stands(Standing(self._name, "imap", self._now()))  # nothing is wrong with it here
                await self._leases.change()
                continue
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(self._mailbox.serve(), name=self._name)
                while self._leases.holds(self._name) == number:
                    await self._leases.change()
                reading.cancel()

    async def drain(self, grace: float) -> None:
        """Start nothing more; what is in work has `grace` seconds."""
        await self._mailbox.drain(grace)
        if self._task is not None:
            self._task.cancel()
