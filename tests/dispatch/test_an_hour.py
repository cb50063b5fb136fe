"""An hour that is not there, by a clock of the test's own: set back, or a smarthost that is away as long."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.address import Address
from gateway.core.letter import Letterhead
from gateway.core.reply import Deferred, Delivered
from gateway.core.retry import Schedule
from gateway.dispatch import Dispatch
from gateway.store import waiting
from house import NOW, letter

HOUR = timedelta(hours=1)
OURS = Address.parse("support@example.it")
HEAD = Letterhead("gateway.example.it", "Assistenza", OURS, Address.parse("bounces@example.it"))


class World:
    """The gateway's store, a clock that is set by hand, and a smarthost that may be away."""

    def __init__(self, gateway):
        self.gateway, self.at, self.away, self.sent, self.tried = gateway, NOW, False, [], 0

    def now(self):
        return self.at

    async def receive(self, message_id):
        arrival = self.gateway.arrival(letter(message_id=message_id))
        return await self.gateway.receiver(replace(arrival, at=self.at))

    async def send(self, outgoing):
        self.tried += 1
        if self.away:
            return Deferred("no connection to 127.0.0.1:25: refused")
        self.sent.append(outgoing.message_id)
        return Delivered("250 2.0.0 queued")

    async def dispatched(self):
        """Until nothing is due any more."""
        store = self.gateway.store
        schedule = Schedule(timedelta(minutes=1), HOUR, timedelta(days=5))
        given = (store, store, self, HEAD, store, self.gateway.meters, schedule, self.now, lambda: 0.0)
        running = asyncio.create_task(Dispatch(*given, poll=0.01).run())
        while await store.due(self.at, 1):  # noqa: ASYNC110 - the store rings no bell
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def world(gateway):
    return World(gateway)


async def test_a_clock_that_is_set_back_loses_and_repeats_nothing(world):
    """Mail is taken as ever, and known again; a letter of before waits at most until the clock is where it was."""
    await world.receive("before@rossi.example")
    world.at -= HOUR
    await world.dispatched()
    assert world.sent == []
    await world.receive("after@rossi.example")
    again = await world.receive("before@rossi.example")
    assert again.verdict.reason.value == "duplicate"
    await world.dispatched()
    assert len(world.sent) == 1
    world.at += HOUR
    await world.dispatched()
    assert len(world.sent) == len(set(world.sent)) == 2
    assert len(world.gateway.tickets) == 2
    assert all(day["ok"] for day in world.gateway.balance)


async def test_a_smarthost_that_is_away_for_an_hour(world):
    """Mail is taken meanwhile; each letter is tried seldom, shown as waiting, and sent once when it is back."""
    world.away = True
    for minute in range(60):
        if minute % 20 == 0:
            await world.receive(f"{minute}@rossi.example")
        await world.dispatched()
        world.at += timedelta(minutes=1)
    assert 3 * 4 <= world.tried <= 3 * 6  # after 0, 1, 3, 7, 15, 31 minutes
    told = world.gateway.database.read(waiting.outbox)
    assert told.startswith("outbox: 3 to be sent, 3 of them again, the oldest since 2026-11-22T12:00:00")
    assert told.endswith("no connection to 127.0.0.1:25: refused")
    world.away = False
    world.at += HOUR
    await world.dispatched()
    assert len(world.sent) == len(set(world.sent)) == 3
    assert world.gateway.database.read(waiting.outbox) == "outbox: 0 to be sent"
    assert {row["state"] for row in world.gateway.outbox} == {"delivered"}
