"""The start of the daemon: alone on its files, a database of this version, then ports, and only then mail."""

from __future__ import annotations

import asyncio
import faulthandler
import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway import crew, fresh, opening
from gateway.config import Config
from gateway.core.problem import ConfigError, Problem
from gateway.daemon import Daemon
from gateway.ops import notify
from gateway.ops.allocator import give_back_large_blocks
from gateway.ops.clock import tell_if_behind
from gateway.ops.passed import Passed
from gateway.store import schema
from gateway.store.ledger import latest

PID_OCTETS = 20
"""Of the lock file, as far as it is read: who holds it."""


def serve(config: Config) -> None:
    """Run until SIGTERM. Raises ConfigError, Unavailable, WrongSchema before anything is served."""
    faulthandler.enable()  # where each thread is, when the watchdog has it aborted
    give_back_large_blocks()
    passed = Passed.by(os.environ)
    database = opening.open_database(config)
    with alone(config.beside):
        with notify.starting(f"bringing the database to schema {schema.HEAD}"):
            schema.migrate(database, fresh.now())
        tell_if_behind(fresh.now(), database.read(latest))
        with closing(crew.nursery(config)) as nursery:
            daemon = Daemon(config, database, nursery, passed)
            daemon.bind()
            asyncio.run(daemon.run())
    database.close()


@contextmanager
def alone(beside: Path) -> Iterator[None]:
    """Be the one daemon of this file, which of SQLite is its database. Raises ConfigError where another one is.

    Of a PostgreSQL others are welcome elsewhere; here there is one status and one spool.
    """
    path = lock_file(beside)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise ConfigError(Problem(str(path), 0, "", fault.strerror or "", "let this user write there")) from fault
    with os.fdopen(descriptor):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of however the process ends
        except BlockingIOError:
            holder = os.pread(descriptor, PID_OCTETS, 0).decode("ascii", "replace").strip()
            wrong = "another gateway runs on this database" + (f": process {holder}" if holder.isdecimal() else "")
            raise ConfigError(Problem(str(beside), 0, "", wrong, "stop it, or name another database")) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)  # in words only: what counts is the lock
        yield


def lock_file(beside: Path) -> Path:
    """What a daemon holds as long as it runs."""
    return beside.with_name(f"{beside.name}.lock")
