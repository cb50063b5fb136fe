"""How fast mail is accepted into tickets, beside Postfix, a bare aiosmtpd, and others that make tickets of mail.

Absolute figures belong to the machine and the hour; what to look at is the ratio to Postfix in the same run. Each
figure is the median of interleaved rounds, so that a busy minute falls on all alike.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import servers
import ticket_peers
import usage
from load import load
from report import say, table, times
from servers import GATEWAY, POSTFIX

ROUNDS = 3
SECONDS = 3.0
PACED_SECONDS = 6.0
WITHIN = "10"
SHAPES: dict[str, tuple[int, tuple[str, ...]]] = {
    "1 connection": (1, ()),
    WITHIN: (10, ()),
    "50": (50, ()),
    "50, one message each": (50, ("--one-each",)),
}


def main() -> None:
    """Both tables, as Markdown."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours, process = stack.enter_context(servers.gateway(folder / "gateway"))
        postfix, mta = stack.enter_context(servers.postfix())
        everyone = (postfix, ours, stack.enter_context(servers.discarding()))
        peers = {
            name: stack.enter_context(ticket_peers.ticket_peer(program, folder / program))
            for name, program in ticket_peers.PEERS.items()
        }
        high = stack.enter_context(usage.peak(ours.pid))
        found = rounds(everyone, peers, mta.empty)
        print_rates(found, [one.name for one in everyone], peers)
        paced = paces(everyone, found, mta.empty)
        print_paces(paced)
        taken = sum(one["messages"] for key, runs in (found | paced).items() if GATEWAY in key for one in runs)
        assert servers.tickets(process) >= taken, "a 250 without a ticket"
        say("", f"Peak memory of the gateway: {high[-1]:.0f} MiB. Every 250 has its ticket in the database.")


def rounds(everyone, peers, tidy):
    """All shapes on all servers, and the peers, in turns."""
    found = defaultdict(list)
    for server in everyone:
        load(server, 10, 1.0)  # pages, caches, Postfix's processes
    for _ in range(ROUNDS):
        for shape, (connections, options) in SHAPES.items():
            for server in everyone:
                found[shape, server.name].append(load(server, connections, SECONDS, *options))
        for name, process in peers.items():
            found[WITHIN, name].append(ticket_peers.take_in(process))
        tidy()
    return found


def print_rates(found, everyone, peers) -> None:
    """Messages a second, as a multiple of Postfix's in the same round, and how many times that is ours."""

    def of(key: str, shape: str, name: str) -> list[float]:
        return [one[key] for one in found[shape, name]]

    def cell(shape: str, name: str) -> str:
        rates = of("rate", shape, name)
        return f"{median(rates):.0f} ({times(rates, of('rate', shape, POSTFIX)):.2f})"

    def line(name: str, shapes: dict[str, str]) -> list[str]:
        cpu = [median(of("cpu", shape, name)) for shape in SHAPES if shape in shapes]
        spent = f"{min(cpu):.1f}-{max(cpu):.1f}" if len(cpu) > 1 else f"{cpu[0]:.1f}"
        us = times(of("rate", WITHIN, GATEWAY), of("rate", WITHIN, name))
        return [name, *(shapes.get(shape, "") for shape in SHAPES), spent, f"{us:.1f}"]

    table(
        "messages a second (times Postfix)",
        *SHAPES,
        "CPU a message, ms",
        f"gateway over {WITHIN}, times it",
        rows=[
            *(line(name, {shape: cell(shape, name) for shape in SHAPES}) for name in everyone),
            *(line(name, {WITHIN: cell(WITHIN, name)}) for name in peers),
        ],
    )
    say("", "Ticket peers have no connections: they are called in their own process, a message after the other.")


def paces(everyone, found, tidy):
    """The time to the dot, all offered the same: half of what the slower of us and Postfix can do over ten."""
    half = min(median(one["rate"] for one in found[WITHIN, name]) for name in (GATEWAY, POSTFIX)) / 2
    paced = defaultdict(list)
    for _ in range(ROUNDS):
        for server in everyone:
            paced["paced", server.name].append(load(server, 10, PACED_SECONDS, "--rate", f"{half:.1f}"))
        tidy()
    return paced


def print_paces(paced) -> None:
    """From the last octet to the 250, and the tail as a multiple of Postfix's."""
    lines = []
    for (_, name), runs in paced.items():
        cells = [median(one[key] for one in runs) for key in ("rate", "p50", "p99")]
        tails = times([one["p99"] for one in runs], [one["p99"] for one in paced["paced", POSTFIX]])
        lines.append([name, f"{cells[0]:.0f}", f"{cells[1]:.1f}", f"{cells[2]:.1f}", f"{tails:.2f}"])
    table("dot to 250 at half load, ms", "messages a second", "p50", "p99", "p99, times Postfix", rows=lines)
