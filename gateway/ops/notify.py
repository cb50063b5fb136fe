"""Notify: what systemd is told over $NOTIFY_SOCKET (sd_notify(3)); without one nothing happens. Raises nothing."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog

ASKED_EVERY = 10.0
"""Seconds between two requests for more time, each for three times as much."""
LONGEST_START = 3600.0
"""Seconds. What takes longer hangs."""

log = structlog.get_logger()


def ready(environ: Mapping[str, str] = os.environ) -> None:
    """The daemon serves; also the end of a reload."""
    _tell("READY=1", environ)


def stopping(environ: Mapping[str, str] = os.environ) -> None:
    """SIGTERM has come, and mail in flight is being finished."""
    _tell("STOPPING=1", environ)


def status(words: str, environ: Mapping[str, str] = os.environ) -> None:
    """One line for `systemctl status`."""
    _tell(f"STATUS={' '.join(words.split())}", environ)


def alive(environ: Mapping[str, str] = os.environ) -> None:
    """Nothing hangs: the watchdog begins to count anew."""
    _tell("WATCHDOG=1", environ)


def watched(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds after which systemd takes silence for a hang; 0 where it does not (sd_watchdog_enabled(3))."""
    usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(os.getpid()))
    return int(usec) / 1e6 if usec.isdecimal() and pid == str(os.getpid()) else 0.0


@contextmanager
def starting(words: str, environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Ask for more time as long as the block lasts, up to LONGEST_START. No thread is left at its end."""
    ended = threading.Event()

    def ask() -> None:
        for _ in range(int(LONGEST_START / ASKED_EVERY)):
            _tell(f"EXTEND_TIMEOUT_USEC={int(3e6 * ASKED_EVERY)}\nSTATUS={words}", environ)
            if ended.wait(ASKED_EVERY):
                return

    thread = threading.Thread(target=ask, name="starting")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def reloading(environ: Mapping[str, str] = os.environ) -> None:
    """A reload begins, and `ready()` ends it; systemd wants the time by CLOCK_MONOTONIC, in microseconds."""
    _tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}", environ)


def _tell(state: str, environ: Mapping[str, str]) -> None:
    path = environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    where = f"\0{path[1:]}" if path.startswith("@") else path  # an abstract socket, unix(7)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
            out.sendto(state.encode(), where)
    except OSError as fault:  # a deaf supervisor stops no mail
        log.warning("notify.failed", why=str(fault), do="see that the unit is Type=notify with NotifyAccess=main")
