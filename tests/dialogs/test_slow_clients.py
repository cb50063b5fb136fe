"""Slow clients, in simulated time: the limits of RFC 5321 §4.5.3.2 hold however time is spent, by one timer each."""

from __future__ import annotations

import asyncio

import pytest
from dialog import Receiver
from pipe import ends, open_session, says, simulated

from gateway.ingress.settings import Bounds

WAY = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.it>\r\nDATA\r\n"
MINUTE = 60


async def drips(session, pipe, octets, seconds):
    """An octet in so many seconds, until the end; when that was."""
    while not session.done.done():
        await says(session, pipe, octets)
        await asyncio.sleep(seconds)
    return asyncio.get_running_loop().time()


def last_words(pipe):
    return pipe.written.rpartition(b"\r\n421 ")[2]


def test_a_command_an_octet_a_minute_is_cut_after_five():
    """The time is for the line as a whole: what trickles in does not prolong it."""

    async def story():
        session, pipe = open_session()
        assert await drips(session, pipe, b"x", MINUTE) == 5 * MINUTE
        assert last_words(pipe).startswith(b"4.4.2")

    simulated(story())


def test_commands_in_time_go_on_until_the_session_is_over():
    """Each command has its five minutes, all of them an hour."""

    async def story():
        session, pipe = open_session()
        assert await drips(session, pipe, b"NOOP\r\n", 4 * MINUTE) == 68 * MINUTE
        assert pipe.written.count(b"250 2.0.0 ok") == 17

    simulated(story())


@pytest.mark.parametrize(("every", "end"), [(MINUTE, 10 * MINUTE), (6 * MINUTE, 5 * MINUTE)])
def test_data_have_ten_minutes_and_each_piece_five(every, end):
    """Data that trickle are cut as a whole, silence before; nothing of them is a message."""

    async def story():
        receiver = Receiver()
        session, pipe = open_session(receiver)
        await says(session, pipe, WAY)
        dripping = asyncio.create_task(drips(session, pipe, b"x", every))
        await session.done
        assert asyncio.get_running_loop().time() == end
        await dripping
        assert last_words(pipe).startswith(b"4.4.2")
        assert receiver.arrivals == []

    simulated(story())


def test_who_takes_no_replies_is_asked_for_no_more_and_dropped():
    """Nothing is read while replies wait to be taken, and they wait five minutes."""

    async def story():
        session, pipe = open_session()
        pipe.room = 100
        for _ in range(50):
            session.data_received(b"NOOP\r\n")
        assert len(pipe.written) < 200
        assert not pipe.readable.is_set()
        await session.done
        assert (asyncio.get_running_loop().time(), pipe.aborted) == (5 * MINUTE, True)

    simulated(story())


def test_who_takes_replies_late_gets_them_all():
    """What was not answered meanwhile is answered then."""

    async def story():
        session, pipe = open_session()
        pipe.room = 10
        session.data_received(b"NOOP\r\n" * 2)
        session.data_received(b"NOOP\r\n" * 3)
        await asyncio.sleep(4 * MINUTE)
        pipe.take()
        await ends(session, pipe)
        assert pipe.written.count(b"250 2.0.0 ok") == 5

    simulated(story())


def test_who_does_not_take_the_last_words_is_dropped():
    """A closed connection whose octets lie about counts as open, and not for ever."""

    async def story():
        session, pipe = open_session()
        pipe.room = len(pipe.written)
        await says(session, pipe, b"QUIT\r\n")
        await session.done
        assert pipe.written.endswith(b"221 2.0.0 bye\r\n")
        assert (asyncio.get_running_loop().time(), pipe.aborted) == (5 * MINUTE, True)

    simulated(story())


def test_the_time_of_a_commit_is_not_the_clients():
    """However long it takes, the reply is the commit's, and the next command has its whole time."""

    async def story():
        receiver = Receiver(held=True)
        session, pipe = open_session(receiver)
        await says(session, pipe, WAY + b"x\r\n.\r\n")
        await asyncio.sleep(50 * MINUTE)
        receiver.gate.set()
        await session.done
        assert b"250 2.0.0 accepted as m1\r\n421 4.4.2" in pipe.written
        assert asyncio.get_running_loop().time() == 55 * MINUTE

    simulated(story())


def test_who_hangs_up_after_the_dot_keeps_a_place_until_the_commit():
    """Or a client could have any number of messages in work."""

    async def story():
        receiver = Receiver(held=True)
        session, pipe = open_session(receiver)
        await says(session, pipe, WAY + b"x\r\n.\r\n")
        await receiver.arrived.wait()
        pipe.abort()
        await session.done
        (commit,) = session._site.commits
        assert session._site.connections.total() == 1
        receiver.gate.set()
        await asyncio.wait({commit})
        assert session._site.connections.total() == 0

    simulated(story())


def test_what_comes_in_during_a_commit_is_one_piece():
    """Reading stops with the first piece that cannot be answered yet, and goes on after the reply."""

    async def story():
        receiver = Receiver(held=True)
        session, pipe = open_session(receiver)
        await says(session, pipe, WAY + b"x\r\n.\r\n", b"NOOP\r\n")
        assert not pipe.readable.is_set()
        receiver.gate.set()
        await says(session, pipe, b"QUIT\r\n")
        await session.done
        assert pipe.written.endswith(b"250 2.0.0 accepted as m1\r\n250 2.0.0 ok\r\n221 2.0.0 bye\r\n")

    simulated(story())


def test_a_command_costs_no_timer():
    """The deadline moves, the timer stays."""

    async def story():
        session, pipe = open_session(bounds=Bounds(errors=10**6))
        await says(session, pipe, *[b"NOOP\r\n"] * 1000)
        assert len(asyncio.get_running_loop()._scheduled) == 1
        await ends(session, pipe)

    simulated(story())
