"""Dialogs as text: `C:` is sent, `S:` is what must come back, word for word, or up to a final `...`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.core.address import Address
from gateway.core.arrival import Arrival
from gateway.core.reason import Disposition, Reason
from gateway.core.served import Served
from gateway.core.verdict import Defer, Refuse
from gateway.ports import Receipt

PATIENCE = 10  # seconds until a test that would hang fails

SERVED = Served((Address("support", "example.it"),), Address("bounces", "example.it"))

DATA = """
    S: 220 gw.example.it ESMTP
    C: EHLO client.example
    S: 250-gw.example.it
    S: 250-PIPELINING
    S: 250-ENHANCEDSTATUSCODES
    S: 250-SIZE 1000000
    S: 250-8BITMIME
    S: 250 SMTPUTF8
    C: MAIL FROM:<rossi@rossi.example>
    S: 250 2.1.0 ...
    C: RCPT TO:<support@example.it>
    S: 250 2.1.5 ...
    C: DATA
    S: 354 ...
"""
"""The way to the data, on a listener for SMTP with a limit of 1,000,000 octets."""

LMTP_DATA = """
    S: 220 gw.example.it LMTP
    C: LHLO client.example
    S: 250-gw.example.it
    S: 250-PIPELINING
    S: 250-ENHANCEDSTATUSCODES
    S: 250-SIZE 1000000
    S: 250-8BITMIME
    S: 250 SMTPUTF8
    C: MAIL FROM:<rossi@rossi.example>
    S: 250 2.1.0 ...
    C: RCPT TO:<support@example.it>
    S: 250 2.1.5 ...
    C: RCPT TO:<nobody@example.it>
    S: 550 5.1.1 ...
    C: RCPT TO:<bounces@example.it>
    S: 250 2.1.5 ...
    C: DATA
    S: 354 ...
"""
"""The same for LMTP, with two recipients accepted and one not."""


def refuse(disposition: Disposition) -> Refuse:
    return Refuse(disposition, Reason.UNREGISTERED, "test", "said to the operator only")


@dataclass
class Receiver:
    """A `receive()` that keeps what it gets and answers what it is told to, when it is let."""

    verdict: Refuse | Defer = field(default_factory=lambda: refuse(Disposition.QUARANTINE))
    fault: Exception | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    held: bool = False

    def __post_init__(self) -> None:
        if not self.held:
            self.gate.set()

    async def __call__(self, arrival: Arrival) -> Receipt:
        self.arrivals.append(arrival)
        self.arrived.set()
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.committed.append(arrival.id)
        return Receipt(arrival.id, self.verdict)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def line(self) -> str:
        async with asyncio.timeout(PATIENCE):
            octets = await self.reader.readline()
        assert octets.endswith(b"\r\n") or not octets, octets
        return octets.decode("ascii").removesuffix("\r\n")

    async def reply(self) -> str:
        """One whole reply, its lines joined."""
        lines = [await self.line()]
        while lines[-1][3:4] == "-":
            lines.append(await self.line())
        return "\n".join(lines)

    async def hears(self, *expected: str) -> None:
        for one in expected:
            line = await self.line()
            assert line.startswith(one[:-3]) if one.endswith("...") else line == one, (line, one)

    async def hears_end(self) -> None:
        async with asyncio.timeout(PATIENCE):
            assert await self.reader.read() == b""

    async def plays(self, script: str) -> None:
        for line in filter(str.strip, script.splitlines()):
            who, _, words = line.lstrip(" ").partition(": ")
            if who == "C":
                await self.send(words.encode() + b"\r\n")
            elif who == "S" and words == "(end)":
                await self.hears_end()
            elif who == "S":
                await self.hears(words)
            else:
                raise AssertionError(line)

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()
