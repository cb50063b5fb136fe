"""How much memory the gateway holds: idle, and while a hundred clients send it the largest message at once."""

from __future__ import annotations

import asyncio
import tempfile
import time
from base64 import encodebytes
from collections import Counter
from itertools import chain, repeat
from pathlib import Path
from random import Random

import mix
import servers
import usage
from load import load
from report import say, table

CLIENTS = 100
OCTETS = 25 * 10**6  # SIZE is 25 MiB
SECONDS = 150.0  # then what has no reply by then has none
_PICTURE = 1_000_000  # octets of which an attachment is made, again and again
_BOUNDARY = "largest"


def main() -> None:
    """The table, as Markdown."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, servers.gateway(Path(folder)) as (server, process):
        idle = usage.memory(server.pid)
        load(server, 10, 3.0)
        warm = usage.memory(server.pid)
        start = time.monotonic()
        with usage.peak(server.pid) as high:
            replies = asyncio.run(crowd(server.port))
        took = time.monotonic() - start
        after = usage.memory(server.pid)
        assert process.alive(), "it ended"
        taken = servers.tickets(process)
    table(
        "the gateway's memory, MiB",
        "RSS",
        rows=[
            ("idle, just started", f"{idle:.0f}"),
            ("after three seconds of the mix", f"{warm:.0f}"),
            (f"the most while {CLIENTS} clients each send {OCTETS // 10**6} MB at once", f"{high[-1]:.0f}"),
            ("after it", f"{after:.0f}"),
        ],
    )
    told = ", ".join(f"{count} of {reply!r}" for reply, count in replies.most_common())
    say("", f"The {CLIENTS} were answered within {took:.0f} s: {told}.")
    assert sum(replies.values()) == CLIENTS, "a client without an answer"
    assert all(reply[:1] in "24" for reply in replies), "neither taken nor put off"
    assert taken >= sum(count for reply, count in replies.items() if reply.startswith("2")), "a 250 without a ticket"


async def crowd(port: int) -> Counter[str]:
    """The replies to the dot, their first nine characters."""
    attachment = picture()
    async with asyncio.timeout(SECONDS):
        return Counter(await asyncio.gather(*(client(port, number, attachment) for number in range(CLIENTS))))


def picture() -> bytes:
    """Encoded octets, which the clients share: a large message is sent, not held, by each of them."""
    return encodebytes(Random(1).randbytes(_PICTURE)).replace(b"\n", b"\r\n")  # noqa: S311 - any octets


async def client(port: int, number: int, attachment: bytes) -> str:
    """One connection, one message."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readline()
        writer.write(b"EHLO client.example\r\n")
        while (await reader.readline())[3:4] == b"-":
            pass
        for command in (f"MAIL FROM:<{mix.author(number)}>", "RCPT TO:<support@example.it>", "DATA"):
            writer.write(f"{command}\r\n".encode())
            said = await reader.readline()
            if said[:1] not in b"23":
                return said[:9].decode()
        for piece in message(number, attachment):
            writer.write(piece)
            await writer.drain()
        return (await reader.readline())[:9].decode()
    finally:
        writer.close()


def message(number: int, attachment: bytes):
    """In pieces: a header, a text, and an attachment that nobody else sends."""
    own = encodebytes(b"%057d" % number * 2).replace(b"\n", b"\r\n")
    yield (
        mix.head_of(number, "crowd")
        + (
            f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={_BOUNDARY}\r\n\r\n"
            f"--{_BOUNDARY}\r\n\r\nVi mando il filmato.\r\n"
            f"--{_BOUNDARY}\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\n"
            "Content-Disposition: attachment; filename=filmato.mp4\r\n\r\n"
        ).encode()
    )
    yield from chain([own], repeat(attachment, OCTETS // len(attachment)))
    yield f"--{_BOUNDARY}--\r\n.\r\n".encode()
