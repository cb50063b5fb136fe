"""Sessions without sockets: a transport that keeps what is written, and a loop whose clock jumps to the next timer."""

from __future__ import annotations

import asyncio
import itertools
import selectors
from datetime import UTC, datetime
from pathlib import Path

from dialog import SERVED, Receiver

from gateway.core.arrival import Position
from gateway.ingress.budget import Budget
from gateway.ingress.settings import Bounds, ListenerSettings
from gateway.ingress.site import Site
from gateway.ingress.smtp import Session


class Pipe(asyncio.Transport):
    """The server's end of a connection."""

    def __init__(self, session, peername=("127.0.0.1", 4711)):
        super().__init__({"peername": peername})
        self.session = session
        self.written = b""
        self.readable = asyncio.Event()
        self.readable.set()
        self.aborted = False
        self.closing = False
        self.room = float("inf")
        """Octets that the client takes before it takes no more."""

    def write(self, data):
        self.written += data
        if len(self.written) > self.room:
            self.session.pause_writing()

    def take(self):
        """The client takes all there is, and will take more."""
        self.room = float("inf")
        if not self._lost_when_taken():
            self.session.resume_writing()

    def is_closing(self):
        return self.closing

    def close(self):
        self.closing = True
        self._lost_when_taken()

    def abort(self):
        self.aborted = self.closing = True
        self.room = float("inf")
        self._lost_when_taken()

    def _lost_when_taken(self):
        self.readable.set()
        lost = self.closing and len(self.written) <= self.room
        if lost:
            asyncio.get_running_loop().call_soon(self.session.connection_lost, None)
        return lost

    def pause_reading(self):
        self.readable.clear()

    def resume_reading(self):
        self.readable.set()


def open_session(receiver=None, bounds=None, spool=Path("/nonexistent"), **settings):
    """A session that has greeted, and its pipe."""
    numbers = itertools.count(1)
    chosen = {"protocol": "smtp", "position": Position.BEHIND_MTA, "peers": frozenset({"127.0.0.1"})} | settings
    site = Site(
        ListenerSettings("test", "127.0.0.1:0", **chosen),
        bounds or Bounds(),
        "gw.example.it",
        SERVED,
        receiver or Receiver(),
        lambda: f"m{next(numbers)}",
        lambda: datetime(2026, 11, 23, tzinfo=UTC),
        Budget(),
        spool,
    )
    session = Session(site)
    pipe = Pipe(session)
    session.connection_made(pipe)
    return session, pipe


async def says(session, pipe, *pieces):
    """Have the pieces arrive as a network would, each when the session reads."""
    for piece in pieces:
        await pipe.readable.wait()
        if pipe.closing:
            return
        session.data_received(piece)
        await asyncio.sleep(0)


async def ends(session, pipe):
    """The client closes its half, and hears the rest."""
    await pipe.readable.wait()
    session.eof_received()
    await session.done


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that does not sleep: when nothing is to be done its clock is at the next timer."""

    def __init__(self):
        super().__init__(_Jumping(self))
        self.now = 0.0

    def time(self):
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop):
        super().__init__()
        self.loop = loop

    def select(self, timeout=None):
        self.loop.now += timeout or 0.0
        return super().select(0)


def simulated(story):
    """Run a coroutine in simulated time."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(story)
