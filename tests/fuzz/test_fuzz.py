"""A few thousand inputs for each target in every run of the tests; `make fuzz` has the million."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from fuzz.inputs import Material, inputs
from fuzz.run import Broken, Target, tried
from fuzz.targets import TARGETS

EXECUTIONS = 3_000
PATIENCE = 10
"""So many times what `make fuzz` allows: here a busy machine is no fault of the code."""
MATERIAL = Material((b"a", b"b;"), (b"a; b",), 50)


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_crashes_or_holds_up(name: str) -> None:
    """I7: each comes to a value, and none takes long."""
    assert tried(TARGETS[name], EXECUTIONS, "test", PATIENCE).executions == EXECUTIONS


def test_the_same_seed_gives_the_same_inputs() -> None:
    """What was found can be found again."""
    first, again, other = (list(islice(inputs(MATERIAL, seed), 100)) for seed in ("a", "a", "b"))
    assert first == again != other


def test_no_input_is_over_its_bound() -> None:
    """Floods end at the target's size, and reach for it."""
    lengths = [len(one) for one in islice(inputs(MATERIAL, "x"), 3_000)]
    assert 40 < max(lengths) <= MATERIAL.octets


def test_a_crash_is_told_with_its_input() -> None:
    """A fuzzer that swallows what it finds finds nothing."""

    def fall(octets: bytes) -> None:
        if b"b" in octets:
            raise KeyError(octets)

    with pytest.raises(Broken, match=r"KeyError.* by b'"):
        tried(Target(fall, MATERIAL), 100, "x")


def test_a_slow_input_is_told() -> None:
    """What takes over the bound each time that it is tried."""

    def dawdle(_octets: bytes) -> None:
        end = time.process_time() + 0.06
        while time.process_time() < end:
            pass

    with pytest.raises(Broken, match="ms for"):
        tried(Target(dawdle, MATERIAL), 1, "x")
