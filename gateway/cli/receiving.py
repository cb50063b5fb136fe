"""The story of a message, for commands that tell it: everything about a message is put together, and nothing serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from gateway import build
from gateway.config import Config
from gateway.ops.meters import Meters
from gateway.receive import Receiver
from gateway.store.database import Database


@contextmanager
def receiver(config: Config, database: Database) -> Iterator[Receiver]:
    """The story of a message over this database, for as long as the block lasts."""
    with closing(build.store(config, database)) as store:
        checks, scanner, seals = build.checks(config), build.scanner(config), build.seals(config)
        examiner = build.examiner(build.house(config), store, checks, scanner, seals)
        yield Receiver(examiner, store, Meters(), committed=lambda: None)
