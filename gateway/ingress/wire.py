"""The wire: octets in, replies out, one deadline, and the end of a connection, as asyncio's callbacks bring them.

What came in waits in `Lines` until it can be done. Nothing is done while the client does not take its replies, or while
something else is waited for (its turn, a commit, the disk, a handshake); then one more piece is read, and no other.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import cast

import structlog

from gateway.ingress import replies
from gateway.ingress.lines import Lines
from gateway.ingress.patience import Patience
from gateway.ingress.replies import Reply

COMPLAINTS_LOGGED = 20  # a session; a stranger does not write our log
HANDSHAKE_SECONDS = 60.0
GOODBYE_SECONDS = 5.0  # for the client's part in the end of TLS

log = structlog.get_logger()


class Wire(asyncio.BufferedProtocol, ABC):
    """One client's connection; what is said on it is the subclass's. `done` has a result when it is gone.

    `scratch` is what is read into, and all connections may share it: asyncio fills it and tells so in one go.
    """

    def __init__(self, ingress: str, scratch: memoryview, command_bound: int, idle_seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._ingress = ingress
        self._scratch = scratch
        self._peer = ""
        self._idle_seconds = idle_seconds
        self._patience = Patience(self._loop, self._give_up)
        self._lines = Lines(command_bound)
        self._replies: list[bytes] = []  # said, and not yet written
        self._work: asyncio.Task[None] | None = None  # with the disk, or a handshake
        self._waits = True  # for anything but the client; what is not open does so for good
        self._choked = False  # the client does not take its replies
        self._said_all = False  # the client, and has closed its half
        self._complaints = 0
        self.done = self._loop.create_future()

    @abstractmethod
    def _step(self) -> bool:
        """Do one thing with what came in. False when there is nothing to do."""

    @abstractmethod
    def _deadline(self, idle: float) -> float:
        """Until when what comes next is waited for: `idle`, or earlier."""

    @abstractmethod
    def _too_late(self) -> Reply:
        """What is said to a client that is waited for no longer."""

    @abstractmethod
    def _forget(self) -> None:
        """The rest of what is under way will not come."""

    @abstractmethod
    def _doing(self) -> dict[str, str]:
        """What the client has said of itself and its message, for the log."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's
        """Where to read into: a buffer of asyncio's own would be made, and its pages touched, for each piece."""
        return self._scratch

    def buffer_updated(self, nbytes: int) -> None:
        """A piece was read."""
        self.data_received(bytes(self._scratch[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Take what came in, and do what can be done with it."""
        self._lines.feed(data)
        if self._waits or self._choked:
            self._transport.pause_reading()
        else:
            self._go_on()

    def eof_received(self) -> bool:
        """A client that has said all it will is still answered; not over TLS, where asyncio closes both halves."""
        self._said_all = True
        self._go_on()
        return self._transport.get_extra_info("sslcontext") is None

    def pause_writing(self) -> None:
        """The client does not take its replies: it gets no more of them until it does."""
        self._choked = True
        if not self._waits:
            self._expect()

    def resume_writing(self) -> None:
        """It has taken them."""
        self._choked = False
        if not self._waits:
            self._resume()

    def connection_lost(self, _: Exception | None) -> None:
        """The end, whoever hung up."""
        self._waits = True
        self._patience.end()
        self._let_go()
        if not self.done.done():
            self.done.set_result(None)

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _go_on(self) -> None:
        """Do what can be done. Replies to commands that came together leave together (RFC 2920 §3.2)."""
        try:
            while not (self._waits or self._choked) and self._step():
                pass
            self._flush()
        except BaseException:  # a fault of ours, which asyncio logs: the client is not left waiting
            self._close(replies.BROKEN)
            raise

    def _wait_for(self, work: Coroutine[None, None, None]) -> None:
        """Do nothing else until this is done."""
        self._wait()
        self._work = self._loop.create_task(work)
        self._work.add_done_callback(self._worked)

    def _wait(self) -> None:
        """Do nothing until `_resume()`, however long it takes."""
        self._waits = True
        self._patience.endless()

    def _worked(self, work: asyncio.Task[None]) -> None:
        self._work = None
        if not work.cancelled() and (fault := work.exception()) is not None:  # ours, and no stranger reads what it was
            do = "report it, with what follows"
            log.error("smtp.fault", ingress=self._ingress, peer=self._peer, do=do, exc_info=fault)
            self._close(replies.BROKEN)
        self._resume()

    def _resume(self) -> None:
        """What was waited for is there."""
        if self._transport.is_closing():
            self._let_go()
            return
        self._waits = False
        self._expect()
        self._transport.resume_reading()
        self._go_on()

    def _expect(self) -> None:
        """Give the client time: for a command line as a whole, a piece of data, or its taking of replies."""
        self._patience.until(self._deadline(self._loop.time() + self._idle_seconds))

    def _give_up(self) -> None:
        if self._choked or self._transport.is_closing():
            self._transport.abort()  # it would not take a word either
        else:
            self._close(self._too_late())

    def _close(self, *last: Reply) -> None:
        """Have the last words leave, within the time for any other, and hang up."""
        if self._transport.is_closing():
            return
        self._waits = True
        self._let_go()
        for reply in last:
            self._say(reply)
        self._flush()
        self._expect()
        self._transport.close()

    def _let_go(self) -> None:
        if self._work is None:  # else the disk has it, and it is let go then
            self._forget()

    def _say(self, reply: Reply) -> None:
        self._replies.append(reply.octets)
        if reply.is_error and self._complaints < COMPLAINTS_LOGGED:
            self._complaints += 1
            # no warning: any stranger causes it
            log.info("smtp.refused", ingress=self._ingress, peer=self._peer, **self._doing(), reply=str(reply))

    def _flush(self) -> None:
        if self._replies:
            self._transport.write(b"".join(self._replies))
            self._replies.clear()

    async def _go_over_to_tls(self, context: ssl.SSLContext) -> bool:
        """False when the handshake has failed, and with it the connection. Reading is paused, and all was flushed."""
        plain, secure = self._transport, None
        try:
            secure = await self._loop.start_tls(
                plain,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=min(HANDSHAKE_SECONDS, self._idle_seconds),
                ssl_shutdown_timeout=GOODBYE_SECONDS,
            )
        except OSError as fault:
            log.info("smtp.no_tls", ingress=self._ingress, peer=self._peer, why=type(fault).__name__)
        if secure is None:
            self.connection_lost(None)  # in a handshake nobody else says so
            return False
        plain.resume_reading()  # where data_received(), early, has paused it
        self._transport = secure
        return True
