"""Where the daemon's processor time goes, thread by thread, while it takes in the mix over ten connections."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO

import servers
import usage
from load import load
from report import say, table
from servers import Server

from e2e.waiting import LOOPBACK, until

SECONDS = 20.0
TOP = 14
OWN = 8
_SAMPLED = str(Path(__file__).with_name("sampled.py"))
_WRITTEN = 1.5  # seconds: by then what was seen is in the file
_LITTLE = 0.005  # of the time; a thread that takes less is not shown
_FRAME = 0.97  # of a thread's time: what stands around all of it tells nothing


def main() -> None:
    """The tables, as Markdown."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, closing(socket.create_server((LOOPBACK, 0))) as silent:
        file = Path(folder) / "seen.json"
        process = servers.prepared(Path(folder), silent.getsockname()[1])
        process._start = partial(start, [sys.executable, _SAMPLED, str(file), "--config", str(process.config)])
        with process:
            server = Server("gateway", process.smtp, process.running.pid)
            load(server, 10, 3.0)
            before, threads = seen(file), usage.threads(server.pid)
            found = load(server, 10, SECONDS)
            after, now = seen(file), usage.threads(server.pid)
    messages = found["messages"]
    first = (sum(now.values()) - sum(threads.values())) / messages * 1000
    say("", f"{messages:.0f} messages, {found['cpu']:.1f} ms each, {first:.1f} of them in the first process, which is")
    say("looked at here, and that by itself takes some. Its descendants took the rest.")
    for thread in after["all"]:
        all_of, own = (less(after[kind][thread], before[kind].get(thread, {})) for kind in ("all", "own"))
        if sum(own.values()) > _LITTLE * SECONDS:
            print_thread(thread, all_of, own, messages)


def start(program: list[str], *arguments: str, **streams: IO[bytes]) -> subprocess.Popen[bytes]:
    """The daemon with somebody looking on."""
    return subprocess.Popen([*program, *arguments], **streams)


def seen(file: Path) -> dict[str, dict[str, dict[str, float]]]:
    """What was seen up to now."""
    time.sleep(_WRITTEN)
    until(file.exists, "what was seen")
    found: dict[str, dict[str, dict[str, float]]] = json.loads(file.read_text())
    return found


def less(now: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    """What was added."""
    return {place: seconds - before.get(place, 0) for place, seconds in now.items()}


def print_thread(thread: str, all_of: dict[str, float], own: dict[str, float], messages: float) -> None:
    """What is dearest with all that it calls, of our own functions; and what is so by itself, wherever it stands."""
    total = sum(own.values())
    ours = [(took, place) for place, took in all_of.items() if place.startswith("gateway/") and took < _FRAME * total]
    rows = [
        (f"`{place}`", f"{took / messages * 1e6:.0f}", f"{took / total:.0%}")
        for took, place in sorted(ours, reverse=True)[:TOP]
    ]
    alone = sorted(((took, place) for place, took in own.items()), reverse=True)[:OWN]
    rows += [(f"alone `{place}`", f"{took / messages * 1e6:.0f}", f"{took / total:.0%}") for took, place in alone]
    table(f"{thread}, {total / messages * 1000:.1f} ms a message", "µs a message", "share", rows=rows)
