"""kill -9 at random moments under load, and at each point of a message's way: samples; `make kill` has all of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from crash.pair import pair
from crash.points import all_of_them
from crash.rounds import alone, batch, moody
from e2e.sink import Sink
from e2e.waiting import free_port
from postgresql import Cluster

pytestmark = pytest.mark.slow

ROUNDS = 6
PAIR_ROUNDS = 3
STEP = 6
"""Of so many points one, from a random one on."""


def test_rounds_of_kill_9(tmp_path: Path, prepared: Path) -> None:
    """I3, I4, I11: whatever got a 250 has its ticket and its letter, once; the file is sound after each kill."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    chance = random.Random(seed)  # noqa: S311 - repeatable
    with Sink(free_port(), moody(chance)) as sink, alone(tmp_path, sink, prepared) as fleet:
        assert batch(fleet, sink, ROUNDS, chance).messages > 0


def test_rounds_with_two_over_postgresql(tmp_path: Path, cluster: Cluster) -> None:
    """The same, where one of two gateways is killed, or the database."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    chance = random.Random(seed)  # noqa: S311 - repeatable
    with Sink(free_port(), moody(chance)) as sink, pair(tmp_path, sink, cluster) as fleet:
        assert batch(fleet, sink, PAIR_ROUNDS, chance).messages > 0


def test_a_gateway_that_dies_at_any_point_of_a_messages_way(tmp_path: Path, prepared: Path) -> None:
    """Each statement and COMMIT of the transaction, the 250, each word to the smarthost, the outcome written down."""
    first = 1 + random.SystemRandom().randrange(STEP)
    print(f"from point {first} on")  # noqa: T201 - shown where it fails
    passed = [one.partition(" ")[2] for one in all_of_them(tmp_path, prepared, STEP, first)]
    for wanted in (
        "SAVEPOINT",
        "os.rename",
        "INSERT INTO message",
        "INSERT INTO outbox",
        "COMMIT",
        "say b'250 2.0.0 accepted",
    ):
        assert any(one.startswith(wanted) for one in passed), (wanted, passed)
    assert any(one.startswith("say b'RCPT TO:<amministrazione@") for one in passed), passed
