"""Notify: what systemd is told over $NOTIFY_SOCKET (sd_notify(3)); without one nothing happens. Raises nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

import structlog

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
        log.warning("notify.failed", why=str(fault))
