"""The wire: one connection, from greeting to close. The only module that knows aiosmtpd.

aiosmtpd gives the life of a connection and its last timer. Its reading of commands and data, its replies and its
STARTTLS are replaced: they take a bare LF for a line's end, show exceptions to strangers, and hold a message
several times over.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import ExitStack
from typing import cast

import structlog
from aiosmtpd.smtp import SMTP

from gateway.core.arrival import Envelope
from gateway.ingress import replies
from gateway.ingress.body import Body
from gateway.ingress.dialogue import Dialogue, Step, Then
from gateway.ingress.intake import CHUNK, take_in
from gateway.ingress.replies import Reply
from gateway.ingress.settings import IPAddress, client_address
from gateway.ingress.site import Site

REPLIES_AT_ONCE = 64  # then other sessions have their turn
COMPLAINTS_LOGGED = 20  # a session; a stranger does not write our log

log = structlog.get_logger()


class Session(SMTP):
    """One client's connection."""

    line_length_limit = 2**15  # the StreamReader stops reading the socket at twice this

    def __init__(self, site: Site, open_sessions: set[Session]) -> None:
        bounds = site.bounds
        super().__init__(
            handler=None,
            hostname=site.hostname,
            loop=asyncio.get_running_loop(),
            timeout=bounds.data_seconds + 2 * bounds.idle_seconds,  # aiosmtpd's timer, which closes without a word
        )
        self._site = site
        self._open_sessions = open_sessions
        self._client: IPAddress | None = None
        self._peer = ""
        self._refusal: Reply | None = None
        self._dialogue = self._new_dialogue(offers_tls=site.tls is not None)
        self._pending = bytearray()  # read, and not yet looked at
        self._replies = bytearray()  # said, and not yet written
        self._said = 0
        self._complaints = 0
        self._command_wait: asyncio.Timeout | None = None
        self.done: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin. aiosmtpd makes a task of `_handle_client`."""
        name = transport.get_extra_info("peername")
        self._client = client_address(name[0]) if isinstance(name, tuple) else None
        self._peer = "unix" if self._client is None else str(self._client)
        self._refusal = self._site.admit(self._client)
        self._open_sessions.add(self)
        super().connection_made(transport)
        self.done = cast("asyncio.Task[None]", self._handler_coroutine)
        self.done.add_done_callback(self._ended)

    def eof_received(self) -> bool | None:
        """A client that has said all it will is still answered; aiosmtpd would drop what it is doing."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def wind_down(self) -> None:
        """Say 421 and close as soon as no message is under way: now, when the client is expected to speak."""
        if self._command_wait is not None and not self._command_wait.expired():
            self._command_wait.reschedule(self.loop.time())

    def abort(self) -> None:
        """Close at once."""
        if self.done is not None:
            self.done.cancel()
        self._writer.transport.abort()

    async def _handle_client(self) -> None:
        try:
            if self._refusal is None:
                self._say(replies.greeting(self._site.hostname, self._site.settings.protocol))
                await self._converse()
            else:
                self._say(self._refusal)
            await self._flush()
        except TimeoutError:
            self._say(replies.CLOSING if self._site.draining else replies.TOO_SLOW)
            self._writer.write(bytes(self._replies))
        except OSError:
            pass  # hung up, or the network did: nobody is there to be told

    def _ended(self, task: asyncio.Task[None]) -> None:
        fault = None if task.cancelled() else task.exception()
        if fault is not None:  # ours, and no stranger reads what it was
            log.error("smtp.fault", ingress=self._site.settings.name, peer=self._peer, exc_info=fault)
            self._writer.write(bytes(self._replies) + replies.BROKEN.octets)
        self._writer.close()
        if self._refusal is None:
            self._site.leave(self._client)
        self._open_sessions.discard(self)

    async def _converse(self) -> None:
        end = self.loop.time() + self._site.bounds.session_seconds
        while (step := await self._next_step()) is not None:
            self._say(step.reply)
            match step.then:
                case Then.LISTEN:
                    pass
                case Then.CLOSE:
                    return
                case Then.START_TLS:
                    if not await self._start_tls():
                        return
                case Then.READ_DATA:
                    await self._flush()
                    if not await self._message():
                        return
            if self.loop.time() > end:
                self._say(replies.TOO_SLOW)
                return

    async def _next_step(self) -> Step | None:
        """Have one command line answered. None when the client has hung up."""
        try:
            async with asyncio.timeout(self._site.bounds.idle_seconds) as self._command_wait:
                line = await self._command_line()
        finally:
            self._command_wait = None
        if line is None:
            return None
        self._said += 1
        if self._said % REPLIES_AT_ONCE == 0:
            await self._flush()
            await asyncio.sleep(0)
        if len(line) + 2 > self._site.bounds.command:
            return self._dialogue.mistake(replies.LINE_TOO_LONG_COMMAND)
        return self._dialogue.answer(line)

    async def _command_line(self) -> bytes | None:
        """The next line without its CRLF; of one that is too long, at least so much that it shows."""
        self._reset_timeout()
        if self._site.draining:
            raise TimeoutError
        bound = self._site.bounds.command
        while (end := self._pending.find(b"\r\n")) < 0:
            del self._pending[bound:-1]  # the last may be a CR whose LF is to come
            await self._flush()
            chunk = await self._reader.read(CHUNK)
            if not chunk:
                return None
            self._pending += chunk
        line = bytes(self._pending[:end])
        del self._pending[: end + 2]
        return line

    async def _message(self) -> bool:
        """Read the data and answer them. False when the client has hung up before their end."""
        envelope = self._dialogue.envelope
        self._dialogue.reset()
        first = bytes(self._pending)
        self._pending.clear()
        with ExitStack() as stack:
            body = stack.enter_context(Body(self._site.spool, self._site.bounds.memory))
            taken = await take_in(self._reader, first, body, self._site.bounds)
            if taken is None:
                return False
            self._pending += taken.rest
            if taken.refusal is not None:
                self._answer_data(taken.refusal, envelope)
                return True
            stack.pop_all()  # the body belongs to the commit from here on
        self._answer_data(await self._site.commit(body, envelope, self._client), envelope)
        return True

    def _answer_data(self, reply: Reply, envelope: Envelope) -> None:
        """After the dot LMTP has a reply for each recipient accepted, in order, whatever happened (RFC 2033 §4.2)."""
        lmtp = self._site.settings.protocol == "lmtp"
        for _ in envelope.forward_paths if lmtp else range(1):
            self._say(reply)

    async def _start_tls(self) -> bool:
        """Go over to TLS. What came in plain behind the command is an injection: it ends the session (RFC 3207 §5)."""
        context = cast("ssl.SSLContext", self._site.tls)  # the dialogue offers it only where there is one
        cast("asyncio.ReadTransport", self._writer.transport).pause_reading()  # from here on nothing plain can come in
        if self._pending or self._reader._buffer:  # type: ignore[attr-defined]  # noqa: SLF001 - no public way to look
            self._replies.clear()
            self._say(replies.PIPELINED_TLS)
            return False
        await self._flush()
        try:
            await self._writer.start_tls(context, ssl_handshake_timeout=min(60, self._site.bounds.idle_seconds))
        except OSError as fault:
            log.info("smtp.no_tls", ingress=self._site.settings.name, peer=self._peer, fault=type(fault).__name__)
            return False
        self.transport = self._writer.transport
        self._dialogue = self._new_dialogue(offers_tls=False)  # RFC 3207 §4.2: nothing said before counts
        return True

    def _new_dialogue(self, *, offers_tls: bool) -> Dialogue:
        site = self._site
        return Dialogue(
            site.settings.protocol, site.hostname, site.served, site.bounds, offers_tls=offers_tls, put_off=site.later
        )

    def _say(self, reply: Reply) -> None:
        self._replies += reply.octets
        if reply.is_error and self._complaints < COMPLAINTS_LOGGED:
            self._complaints += 1
            log.warning("smtp.refused", ingress=self._site.settings.name, peer=self._peer, reply=str(reply))

    async def _flush(self) -> None:
        """Write what was said. Replies to commands that came together leave together (RFC 2920 §3.2)."""
        if not self._replies:
            return
        self._writer.write(bytes(self._replies))
        self._replies.clear()
        if self._writer.transport.get_write_buffer_size():  # else it has gone out by now: nearly always
            async with asyncio.timeout(self._site.bounds.idle_seconds):
                await self._writer.drain()
