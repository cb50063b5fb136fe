"""Each point at which a message can be cut off: the gateway dies there, is started, has lost and doubled nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

from crash.check import once, sound
from crash.dying import CODE, DIE_AT, POINTS
from crash.load import Load
from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import free_port, until

SECONDS = 60
SMALL, LARGE = 0, 7
"""Messages of `Load`; the large one goes into a file while it is received, and its bytes into another to stay."""


def die_at(number: int, folder: Path, prepared: Path, *, large: bool) -> tuple[bool, list[str]]:
    """Die at this point, and be whole after a start. Whether it came so far, and what was passed."""
    with Sink(free_port()) as sink:
        gateway = Gateway(
            folder, sink.port, prepared=prepared, daemon="crash.dying:main", variables={DIE_AT: str(number)}
        )
        with gateway:
            load = Load()
            load.unanswered.append(LARGE if large else SMALL)
            load.send(gateway.smtp)
            until(lambda: not gateway.alive() or _delivered(gateway), "the letter, or the end", SECONDS)
            if gateway.alive():
                gateway.terminate()
            died = gateway.running.returncode == CODE
            points = (folder / POINTS).read_text().splitlines()
            assert died or gateway.running.returncode == 0, gateway.stderr()
            sound(gateway)
            gateway.daemon = "gateway.__main__:main"
            gateway.start()
            while load.unanswered:
                load.send(gateway.smtp)
            until(lambda: _delivered(gateway), "the letter", SECONDS)
            once(gateway, load, sink)
    return died, points


def all_of_them(folder: Path, prepared: Path, step: int = 1, first: int = 1, *, large: bool = True) -> list[str]:
    """From the first on until it no longer dies; the points there are. What is large stands in files as well."""
    for number in count(first, step):
        died, points = die_at(number, folder / str(number), prepared, large=large)
        if not died:
            return points
    raise AssertionError


def _delivered(gateway: Gateway) -> bool:
    with closing(sqlite3.connect(gateway.folder / "gateway.db")) as database:
        return database.execute("select state from outbox").fetchall() == [("delivered",)]
