"""Whether many accounts or many tickets slow a message down: gateways that differ in these alone, in turns."""

from __future__ import annotations

import socket
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median

import fill
import mix
import servers
from load import load
from report import say, table, times
from servers import Server

from e2e.process import Gateway
from e2e.waiting import LOOPBACK

ROUNDS = 3
SECONDS = 3.0
PACED_SECONDS = 4.0
FEW, MANY = 10**3, 10**5
SIZES = [(FEW, FEW), (10**4, 10**4), (MANY, FEW), (FEW, MANY), (MANY, MANY)]


def main() -> None:
    """The table, as Markdown."""
    start = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        smarthost = stack.enter_context(closing(socket.create_server((LOOPBACK, 0)))).getsockname()[1]
        bases = {accounts: base(folder / f"{accounts}", accounts) for accounts in {accounts for accounts, _ in SIZES}}
        each = {
            (accounts, tickets): stack.enter_context(
                holding(folder / f"{accounts}-{tickets}", smarthost, bases[accounts], accounts, tickets)
            )[0]
            for accounts, tickets in SIZES
        }
        filled = time.monotonic() - start
        found = rounds(each)
    lines = []
    for accounts, tickets in SIZES:
        cells = [f"{accounts:,}", f"{tickets:,}"]
        for key in ("rate", "cpu", "p50", "p99"):
            own, first = ([one[key] for one in found[size, key]] for size in ((accounts, tickets), SIZES[0]))
            cells.append(f"{median(own):.{0 if key == 'rate' else 1}f} ({times(own, first):.2f})")
        lines.append(cells)
    table(
        "accounts",
        "tickets",
        "messages a second over 10 (times the first)",
        "CPU a message, ms",
        "p50 at half load, ms",
        "p99",
        rows=lines,
    )
    say("", f"Medians of {ROUNDS} rounds; the databases were filled in {filled:.0f} s.")


def rounds(each: dict[tuple[int, int], Server]) -> dict[tuple[tuple[int, int], str], list[dict[str, float]]]:
    """The rate of each, and the time to the dot at half of the first one's."""
    found = defaultdict(list)
    warm = {size: load(server, 10, 2.0, "--accounts", str(size[0])) for size, server in each.items()}
    half = warm[SIZES[0]]["rate"] / 2
    for _ in range(ROUNDS):
        for size, server in each.items():
            run = load(server, 10, SECONDS, "--accounts", str(size[0]))
            found[size, "rate"].append(run)
            found[size, "cpu"].append(run)
        for size, server in each.items():
            run = load(server, 10, PACED_SECONDS, "--accounts", str(size[0]), "--rate", f"{half:.1f}")
            found[size, "p50"].append(run)
            found[size, "p99"].append(run)
    return found


def base(folder: Path, accounts: int) -> Path:
    """A folder with a database that has so many accounts, and no message."""
    servers.prepared(folder, smarthost=25, accounts=False)
    fill.add_accounts(folder / "gateway.db", accounts)
    return folder


@contextmanager
def holding(
    folder: Path, smarthost: int, prepared: Path, accounts: int, tickets: int
) -> Iterator[tuple[Server, Gateway]]:
    """A gateway that holds so much. It makes the first tickets itself, the others are copies of them."""
    process = Gateway(folder, smarthost, prepared=prepared, fresh=True)
    with process:
        for number in range(fill.TEMPLATES):
            process.accept(mix.message(number, "template", accounts), mix.author(number, accounts))
        process.kill9()  # a polite end would wait for letters that the silent smarthost has
        fill.add_tickets(folder / "gateway.db", accounts, tickets)
        process.start()
        yield Server(f"{accounts}, {tickets}", process.smtp, process.running.pid), process
