"""clamd by its socket: a connection a message, INSTREAM (clamd(8)). No clear answer is `Unavailable`, never clean.

The message goes out as one chunk, so nothing of it is copied, and clamd refuses what is too long before it is sent.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from gateway.core.arrival import Arrival
from gateway.core.letter import shown
from gateway.core.scan import Clean, Infected, NotScanned, Scan
from gateway.ports import Unavailable

AT_ONCE = 8
"""Scans at a time; clamd's own MaxThreads is 10 where nobody changed it."""
REPLY_OCTETS = 1024
SIGNATURE_CHARACTERS = 100

log = structlog.get_logger()

_FOUND = re.compile(rb"stream: (\S.*) FOUND", re.DOTALL)
_TOO_LONG = b"INSTREAM size limit exceeded. ERROR"


class Clamd:
    """ports.Scanner. `where` is a host and port, or the path of a Unix socket; `seconds` bound one scan, queue and all.

    `hold`: while clamd is away its answer is NotScanned, so that mail is held; otherwise it is put off.
    """

    def __init__(self, where: tuple[str, int] | str, seconds: float, *, hold: bool = False) -> None:
        self._where = where
        self._seconds = seconds
        self._hold = hold
        self._free = asyncio.Semaphore(AT_ONCE)

    async def scan(self, arrival: Arrival) -> Scan:
        """What clamd says of the message. Raises Unavailable."""
        try:
            return await self._scanned(arrival.raw)
        except Unavailable as fault:
            log.warning(
                "scan.unavailable",
                id=arrival.id,
                ingress=arrival.origin.ingress,
                why=str(fault),
                do="see that clamd runs, and that `gateway check` reaches it",
            )
            if self._hold:
                return NotScanned(str(fault))
            raise

    async def version(self) -> str:
        """What clamd calls itself and its signatures. Raises Unavailable."""
        reply, _ = await self._ask(b"zVERSION\0")
        if not reply.startswith(b"ClamAV "):
            raise _senseless(reply)
        return shown(reply.decode("ascii", "replace"))

    async def _scanned(self, raw: bytes) -> Scan:
        size = len(raw).to_bytes(4, "big")
        reply, whole = await self._ask(b"zINSTREAM\0", size, raw, bytes(4))
        if reply == b"stream: OK" and whole:  # said before the end, it is said of a part
            return Clean()
        if found := _FOUND.fullmatch(reply):
            return Infected(shown(found[1].decode("ascii", "replace"), SIGNATURE_CHARACTERS))
        if reply == _TOO_LONG:
            return NotScanned(f"{len(raw)} octets are over clamd's StreamMaxLength")
        raise _senseless(reply)

    async def _ask(self, *pieces: bytes) -> tuple[bytes, bool]:
        """The answer without its end, and whether all had been sent by then. Raises Unavailable."""
        try:
            async with asyncio.timeout(self._seconds), self._free:
                family, address = await self._place()
                with socket.socket(family, socket.SOCK_STREAM) as connection:
                    connection.settimeout(0)
                    await asyncio.get_running_loop().sock_connect(connection, address)
                    return await _exchange(connection, pieces)
        except TimeoutError:
            raise Unavailable(f"clamd: no answer within {self._seconds:g} s") from None
        except OSError as fault:
            raise Unavailable(f"clamd: {fault.strerror or fault}") from fault

    async def _place(self) -> tuple[int, Any]:
        """The kind of socket, and its address: of a host that has several the first."""
        if isinstance(self._where, str):
            return socket.AF_UNIX, self._where
        found = await asyncio.get_running_loop().getaddrinfo(*self._where, type=socket.SOCK_STREAM)
        return found[0][0], found[0][4]


def _senseless(reply: bytes) -> Unavailable:
    words = shown(reply.decode("ascii", "replace")) or "nothing"
    return Unavailable(f"clamd: an answer that makes no sense: {words}")


async def _exchange(connection: socket.socket, pieces: Sequence[bytes]) -> tuple[bytes, bool]:
    """Send, and meanwhile listen: clamd may answer before the end, and hang up.

    Not by a StreamWriter, which drops what was said to us once what we say is refused.
    """
    sending = asyncio.create_task(_send(connection, pieces))
    try:
        reply = await _reply(connection)
        return reply, sending.done() and sending.result()
    finally:
        sending.cancel()
        await asyncio.wait([sending])  # so that nobody waits for this socket when it closes


async def _send(connection: socket.socket, pieces: Sequence[bytes]) -> bool:
    """Whether all was sent."""
    with suppress(OSError):  # hung up on: what it said is what counts
        for piece in pieces:
            await asyncio.get_running_loop().sock_sendall(connection, piece)
        return True
    return False


async def _reply(connection: socket.socket) -> bytes:
    """Up to the NUL that ends it; empty where that does not come, where more follows, and over the bound."""
    reply = b""
    while len(reply) <= REPLY_OCTETS:
        piece = await asyncio.get_running_loop().sock_recv(connection, REPLY_OCTETS)
        reply += piece
        if not piece or b"\0" in piece:
            break
    words, end, more = reply.partition(b"\0")
    return words if end and not more else b""
