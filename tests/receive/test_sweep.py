"""The sweep: what retention takes goes by itself, by the policy of that moment, beside the mail that comes in."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.reason import Disposition
from gateway.core.retention import Retention, Swept
from gateway.ports import Unavailable
from gateway.sweep import EVERY, Sweep
from house import NOW, letter

DAY = timedelta(days=1)
RULES = Retention(held=30 * DAY, octets={Disposition.DISCARD: 14 * DAY})


class Clock:
    """Time passes only while somebody rests; after so many long rests, the daemon ends."""

    def __init__(self, rests):
        self.now, self.left = NOW, rests

    async def rest(self, seconds):
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)
        if seconds >= EVERY.total_seconds():
            self.left -= 1
            if not self.left:
                raise asyncio.CancelledError


async def day(gateway, rules, number):
    """The sweeps of this day, counted from when the mail came in."""
    clock = Clock(24)
    clock.now += (number - 1) * DAY
    with pytest.raises(asyncio.CancelledError):
        await Sweep(gateway.store, rules, lambda: clock.now, clock.rest).run()


async def test_what_is_held_goes_when_its_time_is_over(gateway):
    """After thirty days and an hour, and not after twenty-nine days; the scales stay level."""
    one = gateway.ruled(replace(gateway.house.policy, retention=RULES))
    held = await one.receive(letter(dmarc="fail"))
    await day(gateway, lambda: RULES, 29)
    assert gateway.message(held.id)["disposition"] == "quarantine"
    await day(gateway, lambda: RULES, 31)
    assert gateway.message(held.id)["rule"] == "expired"
    assert all(row["ok"] for row in gateway.balance)


async def test_a_reload_counts_from_the_next_sweep_on(gateway):
    """The policy is asked for each time."""
    seen = []
    rules = iter([Retention(), Retention(), RULES])

    def in_force():
        seen.append(next(rules))
        return seen[-1]

    loop = await gateway.receive(letter("support@example.it"))
    clock = Clock(3)
    with pytest.raises(asyncio.CancelledError):
        await Sweep(gateway.store, in_force, lambda: clock.now + 20 * DAY, clock.rest).run()
    assert len(seen) == 3
    with pytest.raises(LookupError):
        gateway.raw(loop.id)


async def test_a_database_that_is_away_puts_it_off(gateway):
    """Nothing ends, and the next sweep does what this one did not."""

    class Away:
        calls = 0

        async def sweep(self, retention, now, by, pause):
            self.calls += 1
            raise Unavailable("locked")

    keeper, clock = Away(), Clock(3)
    with pytest.raises(asyncio.CancelledError):
        await Sweep(keeper, lambda: RULES, lambda: clock.now, clock.rest).run()
    assert keeper.calls == 3


async def test_mail_comes_in_between_two_pieces(gateway):
    """A long sweep is many short transactions: what arrives meanwhile is taken, and none of it goes."""
    one = gateway.ruled(replace(gateway.house.policy, retention=RULES))
    for number in range(3):
        await one.receive(letter("support@example.it", message_id=f"{number}@x"))
    arrived = []

    async def rest(_seconds):
        arrival = gateway.arrival(letter("support@example.it", message_id=f"n{len(arrived)}@x"))
        arrived.append((await one.receiver(replace(arrival, at=NOW + 20 * DAY))).id)

    swept = await Sweep(gateway.store, lambda: RULES, lambda: NOW + 20 * DAY, rest).once()
    assert swept == Swept(stripped=3, octets=swept.octets)
    assert arrived
    assert all(gateway.raw(one) for one in arrived)
