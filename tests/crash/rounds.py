"""Rounds of kill -9: load, a kill at a random moment, a start, and what got no 250 is sent again. `make kill` runs 200.

What is killed is given: `Fleet` is all that a round knows of gateways, one over SQLite here.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crash.check import Toll, all_holds, sound
from crash.load import Load
from crash.points import all_of_them
from e2e.process import Gateway
from e2e.sink import Letter, Sink, taken
from e2e.waiting import free_port, until

MESSAGES = 30
"""New ones in a round; the kill comes after any number of replies to them."""
STARTING = 0.1
"""So many kills hit a gateway that has not said yet that it is ready."""
BATCH = 25
"""Rounds with one database."""
ROUND_SECONDS = 120


class Fleet(Protocol):
    """Who takes mail in, over one database."""

    @property
    def ports(self) -> Sequence[int]:
        """Where each listens."""

    @property
    def asked(self) -> Gateway:
        """One whose command line tells what is in the database."""

    def begin(self) -> None:
        """Start whatever does not run; it may not be ready yet."""

    def ready(self) -> None:
        """Return when all take mail."""

    def kill(self, chance: random.Random) -> None:
        """Kill -9 for one of them, or for what they stand on."""

    def sound(self) -> None:
        """Assert that the database is, while what was killed is down."""


@dataclass
class Alone:
    """One gateway over SQLite."""

    asked: Gateway

    @property
    def ports(self) -> Sequence[int]:
        """Where it listens."""
        return (self.asked.smtp,)

    def begin(self) -> None:
        """Start it."""
        if self.asked.process is None or not self.asked.alive():
            self.asked.spawn()

    def ready(self) -> None:
        """Return when it takes mail."""
        until(self.asked._ready, f"the gateway: {self.asked.stderr()}", ROUND_SECONDS)

    def kill(self, chance: random.Random) -> None:
        """End it as a power cut would."""
        self.asked.kill9()

    def sound(self) -> None:
        """PRAGMA integrity_check."""
        sound(self.asked)


def batch(fleet: Fleet, sink: Sink, rounds: int, chance: random.Random) -> Toll:
    """So many rounds over one database, then everything that must hold."""
    load = Load()
    for _ in range(rounds):
        fleet.begin()
        if chance.random() >= STARTING:
            fleet.ready()
            load.more(MESSAGES)
            _cut_short(fleet, load, len(load.promised) + chance.randrange(MESSAGES), chance)
        else:
            fleet.kill(chance)
        fleet.sound()
    fleet.begin()
    fleet.ready()
    until(lambda: _sent(load, fleet), "the 250 of everything", ROUND_SECONDS)
    return all_holds(fleet.asked, load, sink)


def _cut_short(fleet: Fleet, load: Load, promises: int, chance: random.Random) -> None:
    """Load, and the kill as soon as there are so many promises, or as nobody sends any more."""
    senders = load.begin(fleet.ports)
    until(
        lambda: len(load.promised) >= promises or not any(sender.is_alive() for sender in senders),
        "replies",
        ROUND_SECONDS,
    )
    fleet.kill(chance)
    for sender in senders:
        sender.join(ROUND_SECONDS)


def _sent(load: Load, fleet: Fleet) -> bool:
    for sender in load.begin(fleet.ports):
        sender.join(ROUND_SECONDS)
    return not load.unanswered


def moody(chance: random.Random) -> Callable[[Letter], str]:
    """A smarthost that puts off one letter in eight."""
    return lambda letter: "451 4.3.0 later" if chance.random() < 1 / 8 else taken(letter)


@contextmanager
def alone(folder: Path, sink: Sink, prepared: Path | None = None):
    """One gateway over SQLite that does not run yet."""
    gateway = Gateway(folder, sink.port, prepared=prepared)
    gateway.copy() if prepared else gateway.prepare()
    with ExitStack() as stack:
        stack.push(gateway.__exit__)
        yield Alone(gateway)


def at_each_point() -> None:
    """One death at each point of a message's way."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="points-") as folder:
        gateway = Gateway(Path(folder) / "prepared", smarthost=9)
        gateway.prepare()
        points = all_of_them(Path(folder), gateway.folder)
    print(f"died at each of {len(points)} points, {time.monotonic() - began:.0f} s; the last: {points[-1]}", flush=True)  # noqa: T201 - the result


def run(rounds: int, seed: int, fleets: Callable[[Path, Sink], AbstractContextManager[Fleet]]) -> None:
    """All of them, in batches, each with a database of its own."""
    chance, total, began = random.Random(seed), Toll(0, 0, 0), time.monotonic()  # noqa: S311 - seeded
    for done in range(0, rounds, BATCH):
        number = min(BATCH, rounds - done)
        with (
            tempfile.TemporaryDirectory(prefix="kill-") as folder,
            Sink(free_port(), moody(chance)) as sink,
            fleets(Path(folder), sink) as fleet,
        ):
            total += batch(fleet, sink, number, chance)
        print(f"{done + number} rounds, seed {seed}, {time.monotonic() - began:.0f} s: {total}", flush=True)  # noqa: T201 - the result


def asked_for(what: str | None, rounds: int) -> argparse.Namespace:
    """How many rounds, and with which seed: a random one, that is told, where none is given."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("rounds", type=int, nargs="?", default=rounds)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


if __name__ == "__main__":
    options = asked_for(__doc__, 200)
    at_each_point()
    run(options.rounds, options.seed, alone)
