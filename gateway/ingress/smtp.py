"""One SMTP or LMTP session: what is said on the wire, in which order, and what becomes of a message's data.

A session has no task. One is made for a message's commit, and goes on when the client has hung up (threats rule 13).
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

import structlog

from gateway.core.arrival import Envelope
from gateway.ingress import replies
from gateway.ingress.body import Body
from gateway.ingress.certificate import Certificate
from gateway.ingress.dialogue import Dialogue, Then
from gateway.ingress.intake import Intake
from gateway.ingress.replies import Reply
from gateway.ingress.settings import client_address
from gateway.ingress.site import Site
from gateway.ingress.wire import Wire

log = structlog.get_logger()

LINES_AT_ONCE = 64  # then other sessions have their turn
TOLD = frozenset({b"HELO", b"EHLO", b"LHLO", b"MAIL", b"RCPT", b"DATA"})
"""The commands that the log repeats: others, as AUTH to whom nobody offered it, may hold a password."""


class Session(Wire):
    """One client's connection."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.settings.name, site.scratch, site.bounds.command, site.bounds.idle_seconds)
        self._site = site
        self._dialogue = self._new_dialogue(offers_tls=site.certificate is not None)
        self._envelope = Envelope(None, (), "")  # of the message under way
        self._intake: Intake | None = None  # of its data
        self._command = b""  # answered last
        self._data_end = 0.0
        self._session_end = self._loop.time() + site.bounds.session_seconds
        self._answered = 0
        self._admitted = False
        self._commits = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or say why not."""
        super().connection_made(transport)
        self._site.visits.add(self)
        name = transport.get_extra_info("peername")
        if name is None:  # gone again; whoever has no address is not taken for a client of a Unix socket
            self.abort()
            return
        self._guest = self._site.guest(client_address(name[0]) if isinstance(name, tuple) else None)
        self._peer = self._guest.origin.peer
        refusal = self._site.admit(self._guest)
        if refusal is not None:
            self._close(refusal)
            return
        self._admitted = True
        log.debug("smtp.connected", ingress=self._ingress, peer=self._peer)
        self._say(replies.greeting(self._site.hostname, self._site.settings.protocol))
        self._resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room. A commit under way is not touched, and keeps its place."""
        super().connection_lost(exc)
        self._site.visits.discard(self)
        self._leave()

    def wind_down(self) -> None:
        """Say 421 and close as soon as no message is under way: now, when the client is expected to speak."""
        if not self._waits and self._intake is None:
            self._close(replies.CLOSING)

    def _step(self) -> bool:
        if self._intake is not None:
            return self._take_data(self._intake)
        if self._site.draining:
            self._close(replies.CLOSING)
        elif (line := self._lines.next()) is not None:
            self._answer(line)
        elif self._said_all:
            self._close()
        else:
            return False
        return True

    def _deadline(self, idle: float) -> float:
        return idle if self._intake is None else min(idle, self._data_end)

    def _doing(self) -> dict[str, str]:
        verb = self._command[:4].upper()
        envelope = self._envelope if verb == b"DATA" else self._dialogue.envelope
        command = self._command.decode("utf-8", "replace") if verb in TOLD else ""
        return {"helo": envelope.helo, "from": envelope.reverse_path or "", "command": command}

    def _too_late(self) -> Reply:
        return replies.CLOSING if self._site.draining else replies.TOO_SLOW

    def _forget(self) -> None:
        if self._intake is not None:
            self._intake.body.close()
            self._intake = None

    def _answer(self, line: bytes) -> None:
        self._command = line
        too_long = len(line) + 2 > self._site.bounds.command
        step = self._dialogue.mistake(replies.LINE_TOO_LONG_COMMAND) if too_long else self._dialogue.answer(line)
        match step.then:
            case Then.LISTEN:
                self._say(step.reply)
                self._listen()
            case Then.READ_DATA:
                self._say(step.reply)
                self._begin_data()
            case Then.START_TLS:
                self._begin_tls(step.reply)
            case Then.CLOSE:
                self._close(step.reply)
        self._answered += 1
        if self._answered % LINES_AT_ONCE == 0 and not self._waits:
            self._wait()
            self._loop.call_soon(self._resume)

    def _listen(self) -> None:
        """Expect a command, unless the session has lasted long enough."""
        if self._loop.time() > self._session_end:
            self._close(replies.TOO_SLOW)
        else:
            self._expect()

    def _begin_data(self) -> None:
        self._envelope = self._dialogue.envelope
        self._dialogue.reset()
        self._intake = Intake(Body(self._site.spool, self._site.bounds.memory), self._site.bounds)
        self._data_end = self._loop.time() + self._site.bounds.data_seconds
        self._expect()

    def _take_data(self, intake: Intake) -> bool:
        if not intake.finished:
            octets = self._lines.rest()
            if not octets:
                if self._said_all:
                    self._close()  # cut off before the dot: no message
                return False
            intake.feed(octets)
            self._lines.feed(intake.rest)
            self._expect()
        if intake.body.is_full:
            self._wait_for(intake.spill())
        elif intake.finished:
            self._end_data(intake)
        return True

    def _end_data(self, intake: Intake) -> None:
        self._intake = None
        if intake.refusal is not None:
            self._answer_data(intake.refusal)
            return
        self._wait()
        self._commits = True
        self._site.commit(intake.body, self._envelope, self._guest, self._committed)

    def _committed(self, reply: Reply) -> None:
        self._commits = False
        if self.done.done():  # hung up
            self._leave()
            return
        if not self._transport.is_closing():
            self._answer_data(reply)
        self._resume()

    def _leave(self) -> None:
        """Count as a connection no more; while a message is in work it does, or a client could have any number."""
        if self._admitted and not self._commits:
            self._admitted = False
            self._site.leave(self._guest)

    def _answer_data(self, reply: Reply) -> None:
        """After the dot LMTP has a reply for each recipient accepted, in order, whatever happened (RFC 2033 §4.2)."""
        lmtp = self._site.settings.protocol == "lmtp"
        for _ in self._envelope.forward_paths if lmtp else range(1):
            self._say(reply)
        self._listen()

    def _begin_tls(self, reply: Reply) -> None:
        """Go over to TLS. What came in plain behind the command is an injection: it ends the session (RFC 3207 §5)."""
        self._transport.pause_reading()  # from here on nothing plain can come in
        if self._lines.rest():
            self._close(replies.PIPELINED_TLS)
            return
        self._say(reply)
        self._flush()
        offered = cast("Certificate", self._site.certificate)  # only where there is one
        self._wait_for(self._start_tls(offered.context))

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        if await self._go_over_to_tls(context):
            self._dialogue = self._new_dialogue(offers_tls=False)  # RFC 3207 §4.2: nothing said before counts

    def _new_dialogue(self, *, offers_tls: bool) -> Dialogue:
        site = self._site
        return Dialogue(
            site.settings.protocol, site.hostname, site.served, site.bounds, offers_tls=offers_tls, put_off=site.later
        )
