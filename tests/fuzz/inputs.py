"""Inputs for the fuzzer: octets from a target's own words, without end, the same for the same seed.

Half are words thrown together, nearly half are sound values with something done to them, and a few are floods: one or
two words over and over up to the target's size, for what is quadratic shows only there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

WORDS = 12
CHANGES = 3
FLOODS = 0.005
THROWN = 0.5


@dataclass(frozen=True, slots=True)
class Material:
    """Words of a grammar, values that are sound, and the most octets of an input."""

    words: tuple[bytes, ...]
    sound: tuple[bytes, ...]
    octets: int


def inputs(material: Material, seed: str) -> Iterator[bytes]:
    """One after another."""
    chance = random.Random(seed)  # noqa: S311 - the same inputs for the same seed
    while True:
        kind = chance.random()
        if kind < FLOODS:
            made = _flood(material, chance)
        elif kind < THROWN:
            made = b"".join(chance.choices(material.words, k=1 + int(chance.random() * WORDS)))
        else:
            made = _changed(material, chance)
        yield made[: material.octets]


def _flood(material: Material, chance: random.Random) -> bytes:
    unit = b"".join(chance.choices(material.words, k=chance.choice((1, 1, 1, 2, 3))))
    times = chance.randrange(material.octets) // len(unit) + 1
    start, end = chance.choice((b"", _piece(material, chance))), chance.choice(material.words)
    return (start + unit * times)[: material.octets - len(end)] + end


def _changed(material: Material, chance: random.Random) -> bytes:
    made = chance.choice(material.sound)
    for _ in range(1 + int(chance.random() * CHANGES)):
        at = int(chance.random() * (len(made) + 1))
        end = at + int(chance.random() * 9)
        match int(chance.random() * 5):
            case 0:
                made = made[:at] + chance.choice(material.words) + made[at:]
            case 1:
                made = made[:at] + made[end:]
            case 2:
                made = made[:at] + chance.randbytes(1) + made[at + 1 :]
            case 3:
                made = made[:end] + made[at:]  # a piece twice
            case 4:
                made = made[:at] + _piece(material, chance)
    return made


def _piece(material: Material, chance: random.Random) -> bytes:
    """The end of a sound value, from somewhere."""
    sound = chance.choice(material.sound)
    return sound[int(chance.random() * len(sound)) :]
