"""One daemon to a database's files: a lock that the kernel lets go of however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.problem import ConfigError, Problem

PID_OCTETS = 20
"""Of the lock file, as far as it is read: who holds it."""


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
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, PID_OCTETS, 0).decode("ascii", "replace").strip()
            wrong = "another gateway runs on this database" + (f": process {holder}" if holder.isdecimal() else "")
            raise ConfigError(Problem(str(beside), 0, "", wrong, "stop it, or name another database")) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)  # in words only: what counts is the lock
        yield


def is_running(beside: Path) -> bool:
    """Whether a gateway runs here on this database, and so, most likely, its ports."""
    if not os.access(_file(beside), os.F_OK):
        return False
    try:
        with alone(beside):
            return False
    except ConfigError:  # or it is the lock of another user's gateway
        return True


def _file(beside: Path) -> Path:
    return beside.with_name(f"{beside.name}.lock")
