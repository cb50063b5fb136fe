"""One daemon to a database's files: a lock that the kernel lets go of however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from gateway.core.problem import ConfigError, Problem

PID_OCTETS = 20
"""Of the lock file, as far as it is read: who holds it."""
TRIES = 10
PAUSE = 0.05
"""Seconds between two: whoever only asks whether a gateway runs has the lock for a moment."""


@contextmanager
def alone(beside: Path) -> Iterator[None]:
    """Be the one daemon of this file, which of SQLite is its database. Raises ConfigError where another one is.

    Of a PostgreSQL others are welcome elsewhere; here there is one status and one spool.
    """
    path = _file(beside)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise ConfigError(Problem(str(path), 0, "", fault.strerror or "", "let this user write there")) from fault
    with os.fdopen(descriptor):
        for _ in range(TRIES):
            if _taken(descriptor, fcntl.LOCK_EX):
                break
            sleep(PAUSE)
        else:
            holder = os.pread(descriptor, PID_OCTETS, 0).decode("ascii", "replace").strip()
            wrong = "another gateway runs on this database" + (f": process {holder}" if holder.isdecimal() else "")
            raise ConfigError(Problem(str(beside), 0, "", wrong, "stop it, or name another database"))
        with suppress(OSError):  # in words only, for which a full disk has no room: what counts is the lock
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield


def trouble(beside: Path) -> str:
    """Why this user could never have the lock, whoever has it now; "" where nobody has made it yet."""
    try:
        os.close(os.open(_file(beside), os.O_RDWR))
    except FileNotFoundError:
        return ""
    except OSError as fault:
        return f"{fault.filename}: {fault.strerror}"
    return ""


def is_running(beside: Path) -> bool:
    """Whether a gateway runs here on this database, and so, most likely, its ports."""
    try:
        descriptor = os.open(_file(beside), os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:  # the lock of another user's gateway
        return True
    with os.fdopen(descriptor):
        return not _taken(descriptor, fcntl.LOCK_SH)


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _file(beside: Path) -> Path:
    """Beside the file itself, by whatever name it is known."""
    return Path(f"{os.path.realpath(beside)}.lock")
