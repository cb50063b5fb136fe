"""The story of the sources: each in its turn, when its time has come, and only where it is this gateway's to do."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from gateway.core.sourced import AGAIN, Known, next_round
from gateway.sync import Sync

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Round:
    """A round that tells what is done with it; `ends` is when it does."""

    def __init__(self, *, due=True, ends=None):
        self.told = []
        self.taken, self.given_up = threading.Event(), threading.Event()
        self._due, self._ends = due, ends

    def due(self):
        return self._due

    def take(self):
        self.taken.set()
        if self._ends:
            assert self._ends.wait(10)

    def give_up(self):
        self.given_up.set()


async def taken(one):
    assert await asyncio.to_thread(one.taken.wait, 10)


async def test_whose_time_has_come_is_asked_and_no_other():
    """One after the other; a source that was reloaded is looked at at once."""
    first, second, third = Round(), Round(due=False), Round()
    story = Sync([first, second], lambda: True, look=3600)
    task = asyncio.create_task(story.run())
    await taken(first)
    story.reload([second, third])
    await taken(third)
    assert not second.taken.is_set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_another_gateways_turn_is_left_to_it():
    """Of several one asks: whoever has the lease."""
    looks, twice = count(1), asyncio.Event()

    def mine():
        if next(looks) > 1:
            twice.set()
        return False

    one = Round()
    task = asyncio.create_task(Sync([one], mine, look=0.001).run())
    await twice.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not one.taken.is_set()


async def test_what_is_under_way_is_given_up_at_the_end():
    """SIGTERM does not wait for somebody else's database."""
    one = Round()
    one._ends = one.given_up
    task = asyncio.create_task(Sync([one], lambda: True).run())
    await taken(one)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert one.given_up.is_set()


@pytest.mark.parametrize(
    ("next_at", "due"),
    [(None, True), (NOW, True), (NOW + timedelta(seconds=1), False), (NOW + QUARTER * 3, True)],
    ids=["never asked", "now", "later", "the clock was set back"],
)
def test_when_a_source_is_asked(next_at, due):
    """At its time, which outlives a restart; a wait that no configuration means is not waited for."""
    assert Known(next_at=next_at).due(NOW, QUARTER) is due


def test_a_failure_is_tried_again_sooner():
    """Up to a tenth before the full time, so that not everybody asks at once."""
    assert next_round(NOW, QUARTER, 0.0, failed=False) == NOW + QUARTER
    assert next_round(NOW, QUARTER, 0.5, failed=False) == NOW + QUARTER * 0.95
    assert next_round(NOW, QUARTER, 0.0, failed=True) == NOW + AGAIN


@pytest.mark.parametrize(
    ("known", "stale"),
    [
        (Known(), False),
        (Known(since=NOW - QUARTER), True),
        (Known(since=NOW - QUARTER, succeeded_at=NOW - timedelta(minutes=14)), False),
        (Known(since=NOW, succeeded_at=NOW - QUARTER), True),
    ],
)
def test_when_a_source_is_an_alarm(known, stale):
    """Too long since it went well, or since it was first asked, where it never did."""
    assert known.stale(NOW, QUARTER) is stale
