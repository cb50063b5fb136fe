"""The load: a lean SMTP client in a process of its own. Prints one JSON object: messages, seconds, latencies in ms.

No pipelining, so that all servers are asked the same. A rate is what was answered 250 before time was up, from the
moment when every connection had been greeted. A latency is from the last octet of the data to the 250.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import deque
from itertools import count

from mix import ACCOUNTS, CYCLE, author, message

HOST = "127.0.0.1"


class Load:
    """What all connections share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.loop = asyncio.get_running_loop()
        self.options = options
        self.run = f"{os.getpid()}"
        start = os.getpid() * CYCLE  # other accounts than the run before, and the mix from its start
        self.numbers = count(start, -1 if options.backwards else 1)
        self.idle: deque[Connection] = deque()
        self.overdue = 0
        self.latencies: list[float] = []
        self.done = 0
        self.open = 0
        self.deadline = float("inf")
        self.ready, self.ended = asyncio.Event(), asyncio.Event()
        self.fault = ""

    async def connect(self) -> None:
        """One more connection."""
        self.open += 1
        await self.loop.create_connection(lambda: Connection(self), HOST, self.options.port)

    def greeted(self, connection: Connection) -> None:
        """A connection may speak: it waits for the others at the start, or goes on."""
        self.idle.append(connection)
        if self.deadline < float("inf") and not self.options.rate:
            self.idle.pop().send()
        elif len(self.idle) == self.options.connections:
            self.ready.set()

    def delivered(self, connection: Connection, seconds: float) -> None:
        """A 250 after the dot."""
        late = self.loop.time() > self.deadline
        if not late:
            self.done += 1
            self.latencies.append(seconds)
        if late or self.options.one_each:
            connection.quit()
        elif self.overdue:  # it is said late, not left out: a slow server is not to be spared
            self.overdue -= 1
            connection.send()
        elif self.options.rate:
            self.idle.append(connection)
        else:
            connection.send()

    def closed(self) -> None:
        """A connection is gone; in its place another, while there is time."""
        self.open -= 1
        if self.options.one_each and self.loop.time() < self.deadline and not self.fault:
            self.again = self.loop.create_task(self.connect())
        elif not self.open:
            self.ended.set()

    async def measure(self) -> dict[str, object]:
        """The whole run."""
        for _ in range(self.options.connections):
            await self.connect()
        await self.ready.wait()
        start = self.loop.time()
        self.deadline = start + self.options.seconds
        if self.options.rate:
            await self.pace(start)
        else:
            while self.idle:
                self.idle.popleft().send()
        await self.ended.wait()
        if self.fault:
            sys.exit(self.fault)
        ordered = sorted(self.latencies) or [0.0]
        quantiles = {f"p{q}": round(ordered[len(ordered) * q // 100] * 1000, 2) for q in (50, 99)}
        return {"messages": self.done, "seconds": self.options.seconds, **quantiles}

    async def pace(self, start: float) -> None:
        """So many a second, evenly; what finds no connection free goes as soon as one is."""
        for tick in range(int(self.options.rate * self.options.seconds)):
            await asyncio.sleep(max(0.0, start + tick / self.options.rate - self.loop.time()))
            if self.idle:
                self.idle.popleft().send()
            else:
                self.overdue += 1
        await asyncio.sleep(max(0.0, self.deadline - self.loop.time()))
        while self.idle:
            self.idle.popleft().quit()


class Connection(asyncio.Protocol):
    """One connection: what is to be said next, and what answer that wants."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.script: deque[tuple[bytes, bytes]] = deque()
        self.wanted = b"220"
        self.sent = 0.0
        self.greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the greeting."""
        self.transport = transport
        self.script.append((b"EHLO client.example\r\n", b"250"))

    def connection_lost(self, _: Exception | None) -> None:
        """It was we who hung up."""
        self.load.closed()

    def send(self) -> None:
        """Begin a transaction."""
        number, accounts = next(self.load.numbers), self.load.options.accounts
        data = message(number, self.load.run, accounts)  # no line of it begins with a dot
        self.script.extend(
            [
                (b"RCPT TO:<support@example.it>\r\n", b"250"),
                (b"DATA\r\n", b"354"),
                (data + b".\r\n", b"250"),
            ]
        )
        self.say(b"MAIL FROM:<%s>\r\n" % author(number, accounts).encode(), b"250")

    def quit(self) -> None:
        """Leave politely."""
        self.say(b"QUIT\r\n", b"221")

    def say(self, octets: bytes, wanted: bytes) -> None:
        """Write, and know what must come back."""
        self.wanted = wanted
        self.sent = self.load.loop.time()
        self.transport.write(octets)

    def data_received(self, data: bytes) -> None:
        """A whole reply, or a part of one."""
        self.buffer += data
        last = self.buffer[self.buffer.rfind(b"\n", 0, -2) + 1 :]
        if not last.endswith(b"\n") or last[3:4] != b" ":
            return
        self.buffer = b""
        if last[:3] != self.wanted:
            self.load.fault = self.load.fault or f"wanted {self.wanted.decode()}, got {last.decode()}"
            self.transport.abort()
        elif self.script:
            self.say(*self.script.popleft())
        elif self.wanted == b"221":
            self.transport.close()
        elif self.greeted:
            self.load.delivered(self, self.load.loop.time() - self.sent)
        else:
            self.greeted = True
            self.load.greeted(self)


async def main(options: argparse.Namespace) -> None:
    """Measure, and say so."""
    print(json.dumps(await Load(options).measure()))  # noqa: T201 - it is the result


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--one-each", action="store_true", help="a new connection for each message")
    parser.add_argument("--rate", type=float, default=0, help="messages a second, instead of as many as go")
    parser.add_argument("--backwards", action="store_true", help="the same people, the last one first")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="whose people write")
    asyncio.run(main(parser.parse_args()))
