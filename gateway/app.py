"""The start of the daemon: alone on its files, a database of this version, then ports, and only then mail."""

from __future__ import annotations

import asyncio
import faulthandler
import os
from contextlib import closing

from gateway import crew, fresh, opening
from gateway.config import Config
from gateway.daemon import Daemon
from gateway.lock import alone
from gateway.ops import notify
from gateway.ops.allocator import give_back_large_blocks
from gateway.ops.clock import tell_if_behind
from gateway.ops.passed import Passed
from gateway.store import schema
from gateway.store.ledger import latest


def serve(config: Config) -> None:
    """Run until SIGTERM. Raises ConfigError, Unavailable, WrongSchema before anything is served."""
    faulthandler.enable()  # where each thread is, when the watchdog has it aborted
    give_back_large_blocks()
    passed = Passed.by(os.environ)
    database = opening.open_database(config)
    database.require()
    with alone(config.beside):
        with notify.starting(f"bringing the database to schema {schema.HEAD}"):
            schema.migrate(database, fresh.now())
        tell_if_behind(fresh.now(), database.read(latest))
        with closing(crew.nursery(config)) as nursery:
            daemon = Daemon(config, database, nursery, passed)
            daemon.bind()
            asyncio.run(daemon.run())
    database.close()
