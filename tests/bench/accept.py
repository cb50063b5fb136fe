"""`make bench`: how fast mail is accepted into tickets, beside Postfix and a bare aiosmtpd, on this machine, now.

Absolute figures belong to the machine and the hour; what to look at is the ratio to Postfix in the same run. Each
figure is the median of interleaved rounds, so that a busy minute falls on all alike.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # the harness that the tests use

import checks
import parts
import servers
import timing

ROUNDS = 3
SECONDS = 3.0
LATENCY_SECONDS = 6.0
SHAPES = {
    "1 connection": ["1"],
    "10": ["10"],
    "50": ["50"],
    "50, one message each": ["50", "--one-each"],
}


def load(server: servers.Server, connections: str, *options: str, seconds: float = SECONDS) -> dict[str, float]:
    """One run of the client, and the processor time that the server took for it, in milliseconds a message."""
    client = [sys.executable, str(Path(__file__).with_name("client.py"))]
    before = server.cpu()
    done = subprocess.run(
        [*client, str(server.port), connections, str(seconds), *options],
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found | {
        "rate": found["messages"] / found["seconds"],
        "cpu": (server.cpu() - before) / max(found["messages"], 1) * 1000,
    }


def say(*lines: str) -> None:
    """To whoever waits."""
    print(*lines, sep="\n", flush=True)  # noqa: T201 - it is a program


def row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def machine() -> str:
    """What the figures belong to."""
    busy = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load before the run {busy:.1f}"
    )


def main() -> None:
    """Measure everything and print it as Markdown."""
    start = time.monotonic()
    say("## Accepting a message into a ticket", "", machine(), "")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours, process = stack.enter_context(servers.gateway(folder))
        postfix, mta = stack.enter_context(servers.postfix())
        discarding = stack.enter_context(servers.discarding())
        everyone = (postfix, ours, discarding)
        taken, rates, cpu = rounds(everyone, mta.empty)
        print_rates(everyone, rates, cpu)
        print_latencies(everyone, rates)
        mta.empty()
        say("", *(f"Peak memory of {one.name}: {one.peak_rss()} MiB" for one in (ours, discarding)))
        assert servers.tickets(process) >= taken, "a 250 without a ticket"
    say("", "## Where the time goes", "")
    parts.main()
    say("", "## What each check costs", "")
    checks.main()
    say("", "## What the reply time tells", "")
    timing.main()
    say("", f"It took {time.monotonic() - start:.0f} s.")


def rounds(everyone, tidy):
    """All shapes on all servers, in turns."""
    taken, rates, cpu = 0, defaultdict(list), defaultdict(list)
    for server in everyone:
        load(server, "10", seconds=1.0)  # pages, caches, Postfix's processes
    for _ in range(ROUNDS):
        for shape, options in SHAPES.items():
            for server in everyone:
                found = load(server, *options)
                rates[shape, server.name].append(found["rate"])
                cpu[shape, server.name].append(found["cpu"])
                taken += int(found["messages"]) if server.name == "gateway" else 0
        tidy()
    return taken, rates, cpu


def print_rates(everyone, rates, cpu) -> None:
    """Messages a second, and as a multiple of Postfix's in the same round."""
    say(row("messages a second (times Postfix)", *SHAPES, "CPU a message, ms"), row(*["---"] * (len(SHAPES) + 2)))
    for server in everyone:
        cells = []
        for shape in SHAPES:
            own, theirs = rates[shape, server.name], rates[shape, "postfix"]
            ratio = median(one / other for one, other in zip(own, theirs, strict=True))
            cells.append(f"{median(own):.0f} ({ratio:.2f})")
        times = [median(cpu[shape, server.name]) for shape in SHAPES]
        say(row(server.name, *cells, f"{min(times):.1f}-{max(times):.1f}"))


def print_latencies(everyone, rates) -> None:
    """From the dot to the 250, at half of what each can do over ten connections."""
    say("", row("dot to 250 at half load, ms", "messages a second", "p50", "p99"), row(*["---"] * 4))
    for server in everyone:
        half = median(rates["10", server.name]) / 2
        found = load(server, "10", "--rate", f"{half:.1f}", seconds=LATENCY_SECONDS)
        say(row(server.name, f"{found['rate']:.0f}", found["p50"], found["p99"]))


if __name__ == "__main__":
    main()
