"""The way out: one letter to the smarthost, and what became of it.

Promises: one RCPT, the letter's own forward-path (I1); every failure of network or peer is an outcome; every wait and
reply is bounded (the library cuts a reply at 32 KiB). Refuses to go on in clear text where TLS is asked for.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from aiosmtplib import SMTP, SMTPException

from gateway.core.reply import Deferred, Failed, Outcome, Outgoing
from gateway.core.withheld import repeatable, without
from gateway.egress.answers import accepted, refused, trouble
from gateway.egress.bearer import RefusedToken, bear
from gateway.egress.data import hand_in
from gateway.ports import Tokens, Unavailable, Ungranted

_T = TypeVar("_T")
_PATH = re.compile(r"[^\s<>\"\\,;:()@\x00-\x1f\x7f]+@[a-z0-9.-]+")
_KEPT = 8
"""At most this many connections wait for the next letter."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for one answer: to connecting and TLS, to a command, to DATA and its dot (RFC 5321 §4.5.3.2)."""

    connect: float = 60
    command: float = 300
    data: float = 600


@dataclass(frozen=True, slots=True)
class SmarthostSettings:
    """Where the smarthost is and how to speak to it; `messages` and `idle` (seconds) bound a connection's reuse."""

    host: str
    port: int
    tls: Literal["none", "starttls", "implicit"]
    hostname: str
    username: str = ""
    password: str = field(default="", repr=False)
    tokens: Tokens | None = None
    """What is signed in with instead of the password."""
    ca_file: str | None = None
    timeouts: Timeouts = Timeouts()
    messages: int = 100
    idle: float = 5


class _Trouble(Exception):  # noqa: N818 - not a fault of ours
    """The smarthost fell silent or talks nonsense; the words are the outcome's status."""


@dataclass(slots=True, eq=False)
class _Line:
    """A connection that is ready for MAIL, in one sender's hands or waiting in `Smarthost._waiting`."""

    smtp: SMTP
    transport: asyncio.Transport
    letters: int = 0
    expiry: asyncio.TimerHandle | None = None

    def part(self) -> None:
        """Leave politely, without waiting for the answer."""
        if self.smtp.protocol is not None and self.smtp.is_connected:
            self.smtp.protocol.write(b"QUIT\r\n")
        self.smtp.close()


class Smarthost:
    """ports.Submission over aiosmtplib. Raises OSError when made with a `ca_file` that cannot be read."""

    def __init__(self, settings: SmarthostSettings) -> None:
        self._settings = settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._where = f"{host}:{settings.port}"
        self._tls = None if settings.tls == "none" else ssl.create_default_context(cafile=settings.ca_file)
        self._waiting: list[_Line] = []
        self._closed = False

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Try once."""
        for path in (outgoing.reverse_path, outgoing.forward_path):
            if not _PATH.fullmatch(str(path)):  # an Address made without parse() is not trusted on a command line
                return Failed("5.1.3 an address that cannot be written in SMTP")
        try:
            line = await self._take()
            return await self._submit(line, outgoing)
        except _Trouble as fault:
            return Deferred(str(fault))

    async def trouble(self) -> str:
        """Connect and sign in, as for a letter, and part. Empty, or what went wrong."""
        try:
            (await self._open()).part()
        except _Trouble as fault:
            return str(fault)
        await asyncio.sleep(0)  # lets the transport close before the loop does
        return ""

    async def close(self) -> None:
        """Part from the smarthost. Sends under way end first, and then keep nothing open."""
        self._closed = True
        while self._waiting:
            self._pick().part()
        await asyncio.sleep(0)  # lets the transports close before the loop does

    async def _submit(self, line: _Line, outgoing: Outgoing) -> Outcome:
        outcome = None
        line.letters += 1
        try:
            outcome = await self._transact(line.smtp, outgoing)
        finally:
            if outcome is None:  # trouble or cancellation: nobody knows where the dialogue stands
                line.transport.abort()
            else:
                self._keep(line)
        return outcome

    async def _transact(self, smtp: SMTP, outgoing: Outgoing) -> Outcome:
        # written out here, because the library's mail() and rcpt() parse addresses, and silently down (threats rule 10)
        reverse_path, forward_path = str(outgoing.reverse_path), str(outgoing.forward_path)
        needs_utf8 = not (reverse_path.isascii() and forward_path.isascii() and outgoing.data.isascii())
        if needs_utf8 and not smtp.supports_extension("SMTPUTF8"):
            return Failed(f"5.6.7 {self._where} does not offer SMTPUTF8, which the address needs")  # RFC 6531 §3.5
        options = b" SMTPUTF8" if needs_utf8 else b""
        waits = self._settings.timeouts
        for stage, command in (
            ("MAIL", b"MAIL FROM:<%b>%b" % (reverse_path.encode(), options)),
            ("RCPT", b"RCPT TO:<%b>" % forward_path.encode()),
        ):
            reply = await self._step(stage, smtp.execute_command(command, timeout=waits.command))
            if not accepted(reply):
                return refused(stage, reply.code, reply.message)
        return await self._step("DATA", hand_in(smtp, outgoing.data, waits.data))

    async def _take(self) -> _Line:
        """A connection that nobody else holds: one that waited and still answers, or a new one."""
        while self._waiting:
            line = self._pick()
            if await self._answers(line):
                return line
        return await self._open()

    async def _answers(self, line: _Line) -> bool:
        """Whether a line that waited is alive; RSET also forgets what a refused letter left behind."""
        alive, wait = False, self._settings.timeouts.command
        try:
            alive = accepted(await self._step("RSET", line.smtp.execute_command(b"RSET", timeout=wait)))
        except _Trouble:
            pass  # it waited too long; a new one will do
        finally:
            if not alive:
                line.transport.abort()
        return alive

    async def _open(self) -> _Line:
        ours, waits = self._settings, self._settings.timeouts
        smtp = SMTP(
            hostname=ours.host,
            port=ours.port,
            local_hostname=ours.hostname,
            use_tls=ours.tls == "implicit",
            start_tls=False,  # left out, the library tries TLS and goes on without
            tls_context=self._tls,
        )
        line = None
        try:
            await self._step("greeting", smtp.connect(timeout=waits.connect))
            await self._step("EHLO", smtp.ehlo(timeout=waits.command))
            if ours.tls == "starttls":
                if not smtp.supports_extension("STARTTLS"):
                    raise _Trouble(f"{self._where} does not offer STARTTLS; nothing is sent in clear text")
                await self._step("STARTTLS", smtp.starttls(timeout=waits.connect))
                await self._step("EHLO", smtp.ehlo(timeout=waits.command))  # RFC 3207 §4.2
            if ours.tokens is not None:
                await self._bear(smtp, ours.tokens)
            elif ours.username:
                await self._step("AUTH", _login(smtp, ours.username, ours.password, waits.command))
            if not isinstance(smtp.transport, asyncio.Transport):  # gone since its last word
                raise _Trouble(f"{self._where} dropped the connection")
            line = _Line(smtp, smtp.transport)
        finally:
            if line is None:
                smtp.close()
        return line

    async def _bear(self, smtp: SMTP, tokens: Tokens) -> None:
        """Sign in with a token; one that is refused is renewed, once."""
        token, ours = "", self._settings
        try:
            for _ in range(2):
                token = await tokens.token(refused=token)
                try:
                    return await self._step("AUTH", bear(smtp, ours.username, token, ours.timeouts.command))
                except RefusedToken as no:
                    refusal = str(no)
        except (Unavailable, Ungranted) as fault:
            raise _Trouble(f"no token for {self._where}: {fault}") from fault
        raise _Trouble(f"{self._where} refuses the token, a new one too: {refusal} (answer to AUTH)")

    async def _step(self, stage: str, answer: Awaitable[_T]) -> _T:
        try:
            return await answer
        except (SMTPException, OSError) as fault:
            raise _Trouble(trouble(self._where, stage, fault)) from fault

    def _keep(self, line: _Line) -> None:
        used_up = line.letters >= self._settings.messages
        if used_up or self._closed or len(self._waiting) >= _KEPT or not line.smtp.is_connected:
            line.part()
            return
        line.expiry = asyncio.get_running_loop().call_later(self._settings.idle, self._expire, line)
        self._waiting.append(line)

    def _pick(self) -> _Line:
        line = self._waiting.pop()
        if line.expiry is not None:
            line.expiry.cancel()
        return line

    def _expire(self, line: _Line) -> None:
        self._waiting.remove(line)
        line.part()


async def _login(smtp: SMTP, username: str, password: str, timeout: float) -> None:  # noqa: ASYNC109 - for each answer, by the library
    """Sign in with a password, which is in no word of what the library raises (threats rule 17)."""
    try:
        await smtp.login(username, password, timeout=timeout)
    except SMTPException as fault:
        fault.message = without(fault.message, repeatable(username, password))
        raise
