"""One connection: aioimaplib's commands, states and tags, over a reader, a loss and a continuation of our own.

Promises: a command that waits ends when the connection does, with the fault that ended it; nothing is logged, so no
secret is; what the server says is framed within bounds (`frames.py`). Why what is overridden is: decision 0024.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import Any

from aioimaplib import AUTH, CONNECTED, NONAUTH, Command, IMAP4ClientProtocol

from gateway.ingress.imap import answers
from gateway.ingress.imap.driver import Gone, Lied, MailboxFault, Refused
from gateway.ingress.imap.frames import Frame, Framer

_TAGGED = re.compile(rb"[A-Z0-9]{1,20} (?:OK|NO|BAD)(?: |\Z)")


class Wire(IMAP4ClientProtocol):  # type: ignore[misc] # aioimaplib is not typed
    """The transport's protocol. Collected `Frame`s are what a command's response has for lines; its last is text."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.framer = Framer()
        self.fault: MailboxFault | None = None
        self.greeted = loop.create_future()
        self.changed = False
        """Whether there may be new mail since the last look."""
        self.ended = 0
        """So many commands are over, however they ended."""
        self.answers: deque[bytes] = deque()
        """What is sent at each continuation request of the command under way."""
        self.deaf = False
        """Between the answer to STARTTLS and TLS, when no octet may come."""
        self._resting = self._rested = False

    def connection_lost(self, exc: Exception | None) -> None:
        """End whatever waits."""
        self.fail(Gone(f"the connection was lost{f': {exc}' if exc else ''}"))

    def data_received(self, d: bytes) -> None:
        """Take what has come, response by response: no recursion, whatever their number."""
        if self.fault is not None:
            return
        try:
            for frame in self.framer.feed(d):
                self._take(frame)
        except MailboxFault as fault:
            self.fail(fault)

    def send(self, line: str, scrub: str | None = None) -> None:  # noqa: ARG002 - the library's scrubber is not needed
        """Write one line, and log nothing."""
        self.transport.write(line.encode() + b"\r\n")

    async def execute(self, command: Command, scrub: str | None = None) -> Any:
        """Send a command and wait for its tagged answer, which is refused to no call after a fault."""
        if self.fault is not None:
            raise self.fault
        return await super().execute(command, scrub)

    def fail(self, fault: MailboxFault) -> MailboxFault:
        """Close at once; whatever waits gets the first fault there was, and so does whoever comes later."""
        if self.fault is None:
            self.fault = fault
            if not self.greeted.done():
                self.greeted.set_exception(fault)
                self.greeted.exception()  # seen: nobody may be waiting any more
            for command in self._pending():
                command._exception = fault  # noqa: SLF001 - there is no other way to end a command of the library's
                command._event.set()  # noqa: SLF001 - the same
        if self.transport is not None:
            self.transport.abort()
        return self.fault

    def rest(self) -> None:
        """End IDLE: now, or as soon as the server has agreed to it (RFC 2177 §3)."""
        self._resting = True
        if self._idle_event.is_set() and not self._rested:
            self._rested = True
            self.idle_done()

    async def idle(self) -> Any:
        """Wait until `rest()` is called, or there is a change."""
        self._resting, self._rested = self.changed, False
        return await super().idle()

    def _pending(self) -> list[Command]:
        one = self.pending_sync_command
        return [*([one] if one is not None else []), *self.pending_async_commands.values()]

    def _take(self, frame: Frame) -> None:
        line = frame.line
        if self.deaf:
            raise Lied("words in clear text after STARTTLS")  # they could be anybody's
        if self.state == CONNECTED:
            self._greet(line)
        elif line.startswith(b"* "):
            self._untagged(frame)
        elif line.startswith(b"+"):
            self._continue()
        elif _TAGGED.match(line) and line.split(b" ", 1)[0].decode() in {one.tag for one in self._pending()}:
            self.answers.clear()
            if self._pending()[0].name == "STARTTLS":
                self.transport.pause_reading()
                self.deaf = True
            self._response_done(line)
        else:
            raise Lied(f"{answers.said(line[:80])!r}, which is neither untagged nor an answer to what we asked")

    def _greet(self, line: bytes) -> None:
        status, text = line[:6].upper(), answers.said(line)
        if status.startswith(b"* OK"):
            self.state = NONAUTH
        elif line[:9].upper() == b"* PREAUTH":
            self.state = AUTH
        elif status.startswith(b"* BYE"):
            raise Refused(f"it does not want us: {text}")
        else:
            raise Lied(f"{text!r} is no greeting")
        self.greeted.set_result(None)

    def _untagged(self, frame: Frame) -> None:
        pending = self._pending()
        leaving = any(one.name == "LOGOUT" for one in pending)
        if frame.line[:5].upper() == b"* BYE" and not leaving:
            raise Gone(f"it hung up: {answers.said(frame.line[5:])}")
        if answers.existing(frame) is not None and not any(one.name == "SELECT" for one in pending):
            self.changed = True
            if any(one.name == "IDLE" for one in pending):
                self.rest()
        elif pending:
            pending[0].append_to_resp(frame)

    def _continue(self) -> None:
        if self.answers:
            self.transport.write(self.answers.popleft() + b"\r\n")
        elif self.has_pending_idle_command():
            self._idle_event.set()
            if self._resting:
                self.rest()
        else:
            raise Lied("a continuation request that nothing asked for")
