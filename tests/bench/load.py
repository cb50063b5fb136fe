"""One run of the client against a server, and what the server used of the processor for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import usage

_CLIENT = [sys.executable, str(Path(__file__).with_name("client.py"))]
_BEYOND = 60  # seconds: what a run may take above what it was given


class Listening(Protocol):
    """A server: where it listens, and the process that all its own descend from."""

    port: int
    pid: int


def load(server: Listening, connections: int, seconds: float, *options: str) -> dict[str, float]:
    """Messages and seconds, `rate` a second, `p50` and `p99` from dot to 250 and `cpu` a message in milliseconds."""
    before = usage.cpu(server.pid)
    done = subprocess.run(
        [*_CLIENT, str(server.port), str(connections), str(seconds), *options],
        stdout=subprocess.PIPE,
        check=True,
        timeout=seconds + _BEYOND,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found | {
        "rate": found["messages"] / found["seconds"],
        "cpu": (usage.cpu(server.pid) - before) / max(found["messages"], 1) * 1000,
    }
