"""How fast the outbox is emptied into a smarthost that accepts all, beside aiosmtplib with the same in a loop."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median

import mix
import servers
import usage
from aiosmtplib import SMTP
from report import table, times

from e2e.process import Gateway, committed_id, hand_over
from e2e.waiting import LOOPBACK, free_port, until

LETTERS = 200
ROUNDS = 3
SECONDS = 25.0  # a round
LINES = 4  # so many letters are in flight at once, ours and theirs
_WAITING = "select count(*) from outbox where next_attempt_at is not null"
_AGAIN = "update outbox set state = 'due', attempts = 0, next_attempt_at = created_at"


def main() -> None:
    """The table, as Markdown."""
    port, found = free_port(), {"gateway, outbox to delivered": [], f"aiosmtplib, {LINES} connections kept": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        stack.enter_context(servers.started("smtp-sink", *sink(port), port=port))
        gateway = stack.enter_context(servers.prepared(folder, port))
        with gateway.connection() as client:
            for number in range(LETTERS):
                committed_id(*hand_over(client, mix.message_of("4 KB", number), mix.author(number)))
        until(lambda: not waiting(gateway), "the first letters", SECONDS)
        letters = written(gateway)
        for _ in range(ROUNDS):
            ours, theirs = found.values()
            ours.append(emptied(gateway))
            theirs.append(asyncio.run(sent(port, letters)))
    rows = []
    for name, runs in found.items():
        rates, cpu = zip(*runs, strict=True)
        first = next(iter(found.values()))
        beside = times(rates, [rate for rate, _ in first])
        rows.append((name, f"{median(rates):.0f} ({beside:.2f})", f"{median(cpu):.1f}"))
    table("an outbox's drain", "letters a second (times ours)", "CPU a letter, ms", rows=rows)


def sink(port: int) -> list[str]:
    """Postfix's own, in C, which keeps nothing; started by root it wants to be somebody else."""
    program = str(shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin"))
    return [program, *(() if os.geteuid() else ("-u", "nobody")), f"{LOOPBACK}:{port}", "100"]


def waiting(gateway: Gateway) -> int:
    """How many letters have not gone."""
    with closing(gateway.database()) as database:
        return int(database.execute(_WAITING).fetchone()[0])


def written(gateway: Gateway) -> list[tuple[str, bytes]]:
    """The letters as a program without an outbox would send them: to whom, and the octets."""
    with closing(gateway.database()) as database:
        rows = database.execute("select recipient, subject, text from outbox").fetchall()
    head = "From: Assistenza <support@example.it>\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\r\n{}"
    return [(to, head.format(to, subject, text.replace("\n", "\r\n")).encode()) for to, subject, text in rows]


def emptied(gateway: Gateway) -> tuple[float, float]:
    """Letters a second until none waits, and the daemon's milliseconds for each."""
    pid = gateway.running.pid
    with closing(gateway.database()) as database:
        count = database.execute(_AGAIN).rowcount
    until(lambda: waiting(gateway) < count, "the first letter", SECONDS)
    start, before, some = time.monotonic(), usage.cpu(pid), waiting(gateway)
    until(lambda: not waiting(gateway), "an empty outbox", SECONDS)
    return some / (time.monotonic() - start), (usage.cpu(pid) - before) / some * 1000


async def sent(port: int, letters: Sequence[tuple[str, bytes]]) -> tuple[float, float]:
    """The same by the library alone, on connections that are kept."""
    left = iter(letters)

    async def line() -> None:
        async with SMTP(hostname=LOOPBACK, port=port, start_tls=False) as client:
            for to, octets in left:
                await client.sendmail("bounces@example.it", [to], octets)

    start, before = time.monotonic(), _processor()
    await asyncio.gather(*(line() for _ in range(LINES)))
    return len(letters) / (time.monotonic() - start), (_processor() - before) / len(letters) * 1000


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
