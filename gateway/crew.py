"""From the configuration to the processes that examine mail: made of the files as the first of a generation finds them.

So a worker that dies has a successor by the same rules, whatever an operator is at meanwhile (decision 0039).
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from gateway import build, logbook, opening
from gateway.config import Config, load
from gateway.core.problem import ConfigError
from gateway.house import House
from gateway.ops.meters import Meters
from gateway.workers.nursery import Live, Nursery
from gateway.workers.pool import Pool
from gateway.workers.worker import Bounds, Made, live

FRAME_OCTETS = 1024 * 1024
"""What a question to a worker holds beside the message: recipients above all."""
WORKERS = 4
"""At most this many where the configuration does not say: more pay only where mail is slow to read."""
WORKER_OCTETS = 512 * 1024 * 1024
WORKER_TIMES = 16
"""What a worker may hold: so much, and so many times the longest message."""
SEEDS = 8
"""Configurations that the nursery keeps: the present one, and more than have guests for long (decision 0043)."""

Seed = tuple[Config, House]
"""What workers are made of, as it was read."""


def nursery(config: Config) -> Nursery:
    """Where workers come from. To be called before there is any thread."""
    return Nursery(Seeds(config.path))


class Seeds:
    """In the nursery, where no mail comes: what its workers are made of, by digest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Seed] = {}

    def __call__(self, digest: str) -> Live:
        """How a worker lives that goes by this. Where the files are of another, it reads them itself and says so."""
        seed = self._kept.pop(digest, None) or self._read(digest)
        if seed is not None:
            self._kept[digest] = seed
        for oldest in tuple(self._kept)[:-SEEDS]:
            del self._kept[oldest]
        return partial(live, make=partial(made, self._path, seed))

    def _read(self, digest: str) -> Seed | None:
        with suppress(ConfigError, OSError):
            seed = read(self._path)
            return seed if seed[1].digest == digest else None
        return None


def read(path: Path) -> Seed:
    """The files as they are. Raises ConfigError."""
    config = load(path)
    return config, build.house(config)


def made(path: Path, seed: Seed | None) -> Made:
    """What a worker is made of: a seed, or else the files. Raises ConfigError, Unavailable."""
    config, rules = seed or read(path)
    logbook.configure(config)
    kept = build.store(config, opening.open_database(config))
    examine = build.examiner(rules, kept, build.checks(config), build.scanner(config), build.seals(config))
    most = config.limits.message
    bounds = Bounds(frame=most + FRAME_OCTETS, memory=WORKER_OCTETS + WORKER_TIMES * most)
    return Made(examine, bounds, rules.digest)


def pool(config: Config, rules: House, born: Nursery, meters: Meters) -> Pool:
    """The workers, not started yet."""
    size = config.limits.workers or min(os.cpu_count() or 1, WORKERS)
    return Pool(born, size, rules.digest, meters.worker_died)
