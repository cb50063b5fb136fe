"""What the bench measures with is what it says: the mix, and sections that end."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import mix

SECTIONS = 1_800  # seconds: half an hour


def test_the_mix_is_exact_in_each_cycle():
    """70 % of 4 KB, 25 % of 30 KB, 5 % of 200 KB."""
    sizes = Counter(mix.size_of(number) for number in range(7 * mix.CYCLE, 8 * mix.CYCLE))
    assert sizes == {"4 KB": 14, "30 KB": 5, "200 KB": 1}


def test_messages_weigh_what_their_size_is_called():
    """A size is its octets, to a fifth."""
    for size, octets in mix.SIZES.items():
        assert abs(len(mix.message_of(size, 3)) / octets - 1) < 0.2


def test_no_two_accounts_have_one_domain():
    """A name is a number written in syllables, so no message is anybody else's."""
    assert len({mix.domain(number) for number in range(100_000)}) == 100_000


def test_every_account_of_a_crowd_has_its_turn():
    """As many messages as there are accounts have as many authors."""
    assert len({mix.author(number, 1_000) for number in range(1_000)}) == 1_000


def test_the_bench_ends_within_half_an_hour():
    """Every section is a module with a main(), and together their bounds are no more than that."""
    run = importlib.import_module("bench.run")
    folder = Path(__file__).parent
    assert all("\ndef main() -> None:" in (folder / f"{name}.py").read_text() for name in run.SECTIONS)
    assert sum(section.seconds for section in run.SECTIONS.values()) <= SECTIONS
