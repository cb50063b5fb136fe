"""One command at a time: its bounds, its deadline, and what its refusal means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from aioimaplib import AioImapException, Command

from gateway.ingress.imap import answers
from gateway.ingress.imap.driver import FolderMissing, Gone, Lied, MailboxFault, OverQuota, Refused
from gateway.ingress.imap.frames import SMALL, Frame
from gateway.ingress.imap.wire import Wire

_T = TypeVar("_T")
_MISSING = frozenset({"TRYCREATE", "NONEXISTENT"})  # RFC 9051 §7.1, RFC 5530 §3


@dataclass(frozen=True, slots=True)
class Caller:
    """A wire, how to name it to the operator, and how long it may take to answer."""

    wire: Wire
    where: str
    seconds: float

    async def do(self, name: str, *arguments: str, uid: bool = False, literals: int = SMALL) -> list[Frame]:
        """Run a command to its OK; the responses that came with it, the OK the last. Raises MailboxFault."""
        command = Command(name, self.wire.new_tag(), *arguments, prefix="UID" if uid else None)
        return await self.ended(name, self.wire.execute(command), self.seconds, literals)

    def read(self, reader: Callable[[list[Frame]], _T], frames: list[Frame]) -> _T:
        """What `reader` makes of the answer. A lie that it finds closes the connection, as any other does."""
        try:
            return reader(frames)
        except Lied as lie:
            raise self.wire.fail(Lied(f"{self.where}: {lie}")) from lie

    async def ended(self, name: str, response: Awaitable[Any], seconds: float, literals: int = SMALL) -> list[Frame]:
        """Wait for a command of the library's. Where it does not end, nobody knows what comes next: it is closed."""
        self.wire.framer.begin(literals)
        ended = False
        try:
            async with asyncio.timeout(seconds):
                result, lines = await response
            ended = True
        except TimeoutError:
            late = Gone(f"{self.where} did not answer {name} within {seconds:g} s")
            raise self.wire.fail(late) from None
        except MailboxFault as fault:
            raise type(fault)(f"{self.where}, {name}: {fault}") from fault
        except AioImapException as odd:
            raise Refused(f"{self.where}, {name}: not in this state") from odd
        finally:
            self.wire.ended += 1
            if not ended:
                self.abort()
        if result != "OK":
            raise _refusal(f"{self.where}, {name}", result, lines[-1])
        return [*lines[:-1], Frame((b"* OK " + lines[-1],), ())]

    def abort(self) -> None:
        """Close at once."""
        self.wire.fail(Gone("the connection was closed by us"))


def _refusal(where: str, result: str, text: bytes) -> MailboxFault:
    code = "BAD" if result == "BAD" else answers.code(text)[0]
    words = f"{where}: {result} {answers.said(text)}"
    if code in _MISSING:
        return FolderMissing(words)
    return OverQuota(words) if code == "OVERQUOTA" else Refused(words, code)
