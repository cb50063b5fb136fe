"""An IMAP server on loopback that follows a script: what it answers to each command, and what it has heard.

An answer is octets, in which `TAG` is the command's, or a list of such with `NEXT` where it waits for a line; or a
misbehaviour: HANG, DROP, or `Endless(octets)`, which says the same for ever.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG, DROP, NEXT = "hang", "drop", "next"
MAIL = b"From: anna@rossi.example\r\n\r\nIl sito non risponde.\r\n"
OFFERED = "IMAP4rev1 IDLE MOVE UIDPLUS SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER"


@dataclass(frozen=True)
class Endless:
    octets: bytes


def body(octets: bytes, uid: object = 7, item: str = "BODY[]") -> bytes:
    """A FETCH response with a message in it."""
    return f"* 1 FETCH (UID {uid} {item} {{{len(octets)}}}\r\n".encode() + octets + b")\r\n"


def capable(offered: str) -> bytes:
    return f"* CAPABILITY {offered}\r\nTAG OK\r\n".encode()


YES = {
    "greeting": b"* OK ready\r\n",
    "CAPABILITY": capable(OFFERED),
    "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n* OK [UIDNEXT 8] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n"
    b"TAG OK [READ-WRITE] open\r\n",
    "UID SEARCH": b"* SEARCH 7\r\nTAG OK\r\n",
    "SIZES": b"* 1 FETCH (UID 7 RFC822.SIZE 52 FLAGS (\\Seen $Old)"
    b' INTERNALDATE "22-Nov-2026 23:00:00 +0100")\r\nTAG OK\r\n',
    "BODIES": body(MAIL) + b"TAG OK\r\n",
    "IDLE": [b"+ idling\r\n", NEXT, b"TAG OK\r\n"],
    "STARTTLS": b"TAG OK go on\r\n",
    "LOGOUT": b"* BYE\r\nTAG OK\r\n",
}


@dataclass
class Lying:
    """`script` stands over `YES`, and what neither has is answered OK."""

    script: dict[str, object]
    tls: ssl.SSLContext | None = None
    heard: list[str] = field(default_factory=list)
    sent: int = 0
    tasks: set[asyncio.Task] = field(default_factory=set)
    port: int = 0

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            await self.talk(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()

    async def talk(self, reader, writer):
        if not await self.say(reader, writer, "greeting", b""):
            return
        while line := await self.line(reader):
            tag, _, command = line.partition(" ")
            if not await self.say(reader, writer, verb(command), tag.encode()):
                return
            if command == "STARTTLS":
                await writer.start_tls(self.tls)

    async def line(self, reader):
        octets = await reader.readline()
        if octets:
            self.heard.append(octets.decode().rstrip("\r\n"))
        return self.heard[-1] if octets else ""

    async def say(self, reader, writer, stage, tag):
        """Whether the session goes on."""
        answer = self.script.get(stage, YES.get(stage, b"TAG OK\r\n"))
        for piece in answer if isinstance(answer, list) else [answer]:
            match piece:
                case "drop":
                    return False
                case "hang":
                    await reader.read()  # until the client gives up
                    return False
                case "next":
                    await self.line(reader)
                case Endless(octets):
                    while True:
                        await self.write(writer, octets)
                case _:
                    await self.write(writer, piece.replace(b"TAG", tag))
        return True

    async def write(self, writer, octets):
        writer.write(octets)
        await writer.drain()
        self.sent += len(octets)


def verb(command: str) -> str:
    words = command.upper().split()
    if words[:2] == ["UID", "FETCH"]:
        return "BODIES" if "BODY" in command else "SIZES"
    return " ".join(words[: 2 if words[0] == "UID" else 1])


@asynccontextmanager
async def lying(script=None, *, tls=None):
    host = Lying(script or {}, tls)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, limit=2**20)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        await server.wait_closed()
        if host.tasks:
            _, open_still = await asyncio.wait(host.tasks, timeout=10)
            assert not open_still, "the client left a connection open"
