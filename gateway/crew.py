"""From the configuration to the processes that examine mail: each is made of the files as they are when it is born."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from gateway import build, logbook, opening
from gateway.config import Config, load
from gateway.house import House
from gateway.ops.meters import Meters
from gateway.workers.nursery import Nursery
from gateway.workers.pool import Pool
from gateway.workers.worker import Bounds, Made, live

FRAME_OCTETS = 1024 * 1024
"""What a question to a worker holds beside the message: recipients above all."""
WORKERS = 4
"""At most this many where the configuration does not say: more pay only where mail is slow to read."""
WORKER_OCTETS = 512 * 1024 * 1024
WORKER_TIMES = 16
"""What a worker may hold: so much, and so many times the longest message."""


def nursery(config: Config) -> Nursery:
    """Where workers come from. To be called before there is any thread."""
    return Nursery(partial(live, make=partial(made, config.path)))


def made(path: Path) -> Made:
    """What a worker is made of, from the file. Raises ConfigError, Unavailable."""
    config = load(path)
    logbook.configure(config)
    rules = build.house(config)
    kept = build.store(config, opening.open_database(config))
    examine = build.examiner(rules, kept, build.checks(config), build.scanner(config), build.seals(config))
    most = config.limits.message
    bounds = Bounds(frame=most + FRAME_OCTETS, memory=WORKER_OCTETS + WORKER_TIMES * most)
    return Made(examine, bounds, rules.digest)


def pool(config: Config, rules: House, born: Nursery, meters: Meters) -> Pool:
    """The workers, not started yet."""
    size = config.limits.workers or min(os.cpu_count() or 1, WORKERS)
    return Pool(born, size, rules.digest, meters.worker_died)
