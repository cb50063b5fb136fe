"""`make scrape`: what a scrape of the metrics costs among a million messages, and what mail notices of it."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import fill
import mix
import servers
from load import load
from report import machine, say, table
from servers import Server

from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port
from gateway.ops.census import FRESH

ACCOUNTS, TICKETS, HELD, WAITING = 10**4, 10**6, 10**5, 10**5
SCRAPES, ROUNDS, SECONDS = 200, 3, 4.0
FRESH_SCRAPES = 6


def main() -> None:
    """The tables, as Markdown."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        page = f"http://{LOOPBACK}:{free_port()}/metrics"
        sink = stack.enter_context(Sink(free_port()))
        process = stack.enter_context(gateway(folder, sink.port, page))
        old = [scrape(page, FRESH + 0.1) for _ in range(FRESH_SCRAPES)]
        served = [scrape(page) for _ in range(SCRAPES)]
        server = Server("gateway", process.smtp, process.running.pid)
        load(server, 10, 2.0, "--accounts", str(ACCOUNTS))
        alone, beside = [], []
        for _ in range(ROUNDS):
            alone.append(load(server, 10, SECONDS, "--accounts", str(ACCOUNTS))["rate"])
            with scraping(page):
                beside.append(load(server, 10, SECONDS, "--accounts", str(ACCOUNTS))["rate"])
    rows = [
        (name, *(f"{1000 * one:.1f}" for one in (median(found), max(found))))
        for name, found in (("with new figures of the database", old), ("with those of the last seconds", served))
    ]
    table("a scrape", "median, ms", "longest", rows=rows)
    ratio = median(one / other for one, other in zip(beside, alone, strict=True))
    say("", f"{TICKETS:,} messages, {HELD:,} of them held, {WAITING:,} letters in the outbox.")
    say(f"Accepting over 10 connections while it is scraped every 100 ms, times the same without: {ratio:.2f}.")


@contextmanager
def gateway(folder: Path, smarthost: int, page: str) -> Iterator[Gateway]:
    """One that holds so much, and tells of it."""
    servers.prepared(folder, smarthost, accounts=False)
    fill.add_accounts(folder / "gateway.db", ACCOUNTS)
    process = Gateway(folder, smarthost, prepared=folder, fresh=True)
    listen = page.removeprefix("http://").removesuffix("/metrics")
    process.copy = lambda: None  # it is the same folder
    with process.config.open("a") as config:
        config.write(f"metrics: {{listen: {listen}}}\n")
    with process:
        for number in range(fill.TEMPLATES):
            process.accept(mix.message(number, "template", ACCOUNTS), mix.author(number, ACCOUNTS))
        process.terminate()
        fill.add_tickets(folder / "gateway.db", ACCOUNTS, TICKETS)
        with closing(sqlite3.connect(folder / "gateway.db", isolation_level=None)) as database:
            database.execute("update message set disposition = 'quarantine' where rowid % 10 = 0")
            waits = "state = 'deferred', next_attempt_at = '2099-01-01T00:00:00.000000Z'"
            database.execute(f"update outbox set {waits} where rowid % 10 = 0")  # noqa: S608 - words of ours
        process.start()
        yield process


def scrape(page: str, after: float = 0) -> float:
    """How long one takes, in seconds."""
    time.sleep(after)
    began = time.monotonic()
    with urlopen(page, timeout=30) as answer:  # noqa: S310 - ours
        text = answer.read()
    took = time.monotonic() - began
    assert b"gateway_outbox_letters" in text, "without the figures"
    return took


@contextmanager
def scraping(page: str) -> Iterator[None]:
    """Ten times a second, for as long as the block lasts."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(0.1):
            scrape(page)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    say(machine())
    main()
