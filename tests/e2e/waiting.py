"""Waiting for a fact with a deadline, never for a time; and loopback ports that stay free when a server restarts."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
# Below the ephemeral ports (ip(7)): no outgoing connection takes the port of a server that is down for a restart.
_PORTS = range(12_000, 32_000)
_PAUSE = 0.02


def until(fact: Callable[[], T], what: str, seconds: float = 15) -> T:
    """What `fact` returns as soon as it is true; AssertionError, with `what` and the last answer, at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = fact()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}; the last answer was {answer!r}")
        time.sleep(_PAUSE)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    chance = random.SystemRandom()  # not the seeded one: two workers must not draw the same ports
    while True:
        port = chance.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def answers(port: int) -> bool:
    """Whether somebody serves on this port of 127.0.0.1: whoever only listens says nothing yet."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as client:
            return client.recv(1) != b""
    except OSError:
        return False


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
