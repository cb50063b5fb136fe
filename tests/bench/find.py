"""How long `gateway why` takes among a million messages, as whoever asks waits: the whole command, started anew."""

from __future__ import annotations

import socket
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import fill
import mix
from report import say, table
from scale import base, holding

from e2e.process import Gateway
from e2e.waiting import LOOPBACK

ACCOUNTS, FEW, MANY = 1_000, fill.TEMPLATES, 10**6
ROUNDS = 5
NOWHERE = "xylophon"


def main() -> None:
    """The table, as Markdown: the same questions to few messages, where all that is left is the start, and to many."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        smarthost = stack.enter_context(closing(socket.create_server((LOOPBACK, 0)))).getsockname()[1]
        prepared = base(folder / "accounts", ACCOUNTS)
        each = [
            stack.enter_context(holding(folder / f"{count}", smarthost, prepared, ACCOUNTS, count))[1]
            for count in (FEW, MANY)
        ]
        rows = [(what, *seconds(each, words)) for what, words in questions(each[1]).items()]
    table("looked for", f"among {FEW + fill.TEMPLATES}, s", f"among {MANY:,}, s", "the longest", rows=rows)
    say("", f"Medians of {ROUNDS} rounds, by the clock, Python's start and all; the daemon runs beside it, idle.")


def questions(process: Gateway) -> dict[str, str]:
    """What is looked for, and in which words."""
    number = MANY // 3
    with closing(process.database()) as database:
        reference, author = database.execute(
            "select ticket.ref, author from message join ticket on ticket.id = ticket_id where message_id = ?",
            (f"old.{number}@mail.example",),
        ).fetchone()
    return {
        "a Message-ID": f"old.{number}@mail.example",
        "a ticket": reference,
        "an author's address": author,
        "the day a year ago, and who": f"{datetime.now(UTC) - timedelta(365):%Y-%m-%d} {mix.domain(7)}",
        "a word of many subjects": "aiuto",
        "a word that is nowhere": NOWHERE,
    }


def seconds(each: list[Gateway], words: str) -> tuple[str, str, str]:
    """The median of the few, that of the many, and the longest of these."""
    took: list[list[float]] = [[] for _ in each]
    for _ in range(ROUNDS):
        for process, own in zip(each, took, strict=True):
            start = time.monotonic()
            done = process.cli("why", *words.split())
            own.append(time.monotonic() - start)
        assert (done.returncode == 0) is (words != NOWHERE), done.stderr
    few, many = took
    return f"{median(few):.2f}", f"{median(many):.2f}", f"{max(many):.2f}"
