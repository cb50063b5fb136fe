"""The watchdog: pings as long as nothing hangs inside, and words."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from gateway.core.standing import InForce, Report, Standing, Stint
from gateway.ops.watchdog import Watchdog, in_words

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def supervisor(tmp_path):
    """A listening socket, and what systemd says with WatchdogSec=20."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ear:
        ear.bind(str(tmp_path / "notify"))
        named = {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "20000000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        yield ear, named


async def heard(supervisor, looks):
    """What is told at each look: each finds the stints that `looks` lists for it."""
    ear, environ = supervisor
    told, coming = [], iter(looks)
    now = [next(coming)]
    rests = []

    async def rest(seconds):
        told.append(words(ear))
        rests.append(seconds)
        try:
            now[0] = next(coming)
        except StopIteration:
            raise asyncio.CancelledError from None

    with suppress(asyncio.CancelledError):
        await Watchdog(lambda: now[0], lambda: "all well", environ, rest).run()
    assert set(rests) == {10.0}  # half of what systemd waits for
    return told


def words(ear):
    said = []
    with suppress(BlockingIOError):
        while True:
            said.append(ear.recv(1000).decode())
    return said


PING = ["STATUS=all well", "WATCHDOG=1"]
STUCK = ["STATUS=STUCK inside: the writer, for more than 15 s"]


async def test_what_stays_the_same_for_too_long_stops_the_pings(supervisor):
    """A stint of 15 seconds at most is well at its first two looks, 10 seconds apart, and no more at the third."""
    commit = Stint("the writer", 1, 15.0)
    assert await heard(supervisor, [[commit], [commit], [commit], []]) == [PING, PING, STUCK, PING]


async def test_what_gets_on_is_well(supervisor):
    """Another mark is another stint, however long all of them take together."""
    assert await heard(supervisor, [[Stint("the writer", at, 15.0)] for at in range(5)]) == [PING] * 5


async def test_what_rests_between_begins_anew(supervisor):
    """A part that was at no stint meanwhile was not at this one all the time."""
    commit = Stint("the writer", 1, 15.0)
    assert await heard(supervisor, [[commit], [commit], [], [commit], [commit]]) == [PING] * 5


def test_a_mailbox_in_trouble_is_named_and_not_explained():
    """Everybody may read it: no words of a server, and no line breaks of anybody."""
    well = Standing("from-mta", "smtp", MONDAY)
    away = Standing("assistenza", "imap", MONDAY, last_error="Gone: imap.example.it: refused for anna@example.it")
    told = Report(MONDAY, InForce("", MONDAY), (well, away), troubles=("no\nroom",))
    assert in_words(told) == "1 of 2 ingresses work; `gateway status` tells of assistenza; no room"
