"""A smarthost on loopback that follows a script: what it answers at each stage, and what it has heard."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG, DROP, ENDLESS = "hang", "drop", "endless"

YES = {
    "greeting": b"220 mx.example.it ESMTP\r\n",
    "EHLO": b"250-mx.example.it\r\n250 SMTPUTF8\r\n",
    "STARTTLS": b"220 2.0.0 go ahead\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 end with a dot\r\n",
    "dot": b"250 2.0.0 queued as 4XyZ\r\n",
    "RSET": b"250 2.0.0 ok\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}


@dataclass
class Scripted:
    """`answers` stands over `YES`; bytes are sent, a list of bytes piece by piece, a word is a misbehaviour."""

    answers: dict[str, object]
    tls: ssl.SSLContext | None = None
    sessions: list[list[str]] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    ended: asyncio.Queue = field(default_factory=asyncio.Queue)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task] = field(default_factory=set)
    port: int = 0

    @property
    def heard(self) -> list[str]:
        return [line for session in self.sessions for line in session]

    async def serve(self, reader, writer):
        session: list[str] = []
        self.sessions.append(session)
        self.tasks.add(asyncio.current_task())
        try:
            await self.talk(reader, writer, session)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()
            self.ended.put_nowait(None)

    async def talk(self, reader, writer, session):
        if not await self.say(reader, writer, "greeting"):
            return
        while line := await reader.readline():
            session.append(line.decode().rstrip("\r\n"))
            verb = session[-1].split(" ")[0].upper()
            if not await self.say(reader, writer, verb) or verb == "QUIT":
                return
            if verb == "STARTTLS":
                await writer.start_tls(self.tls)
            elif verb == "DATA" and self.said("DATA").startswith(b"354"):
                self.letters.append(await reader.readuntil(b"\r\n.\r\n"))
                self.arrived.set()
                if not await self.say(reader, writer, "dot"):
                    return

    def said(self, stage):
        answer = self.answers.get(stage, YES.get(stage))
        return answer if isinstance(answer, bytes) else b""

    async def say(self, reader, writer, stage):
        """Whether the session goes on."""
        answer = self.answers.get(stage, YES.get(stage))
        if isinstance(answer, deque):  # one a time
            answer = answer.popleft()
        match answer:
            case "drop":
                return False
            case "hang":
                await reader.read()  # until the client gives up
                return False
            case "endless":
                while True:
                    writer.write(b"250-and another line\r\n" * 1000)
                    await writer.drain()
            case list():
                for piece in answer:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
            case _:
                writer.write(answer)
                await writer.drain()
        return True


@asynccontextmanager
async def scripted(answers=None, *, tls=None, implicit=False):
    host = Scripted(answers or {}, tls)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=tls if implicit else None)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        await server.wait_closed()
        if host.tasks:
            _, open_still = await asyncio.wait(host.tasks, timeout=10)
            assert not open_still, "the client left a connection open"
