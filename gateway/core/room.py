"""Room: what is kept of a text or a list whose length others choose, and whether there was more. Bounded in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeVar

from gateway.core.letter import one_line
from gateway.core.record import to_record

CHARACTER = 12
"""Octets of the longest character in JSON: one outside of the basic plane, as a pair of surrogates."""

T = TypeVar("T")


class Room:
    """Cuts what does not fit, and remembers in `short` that it did."""

    def __init__(self) -> None:
        self.short = False

    def text(self, text: str, octets: int) -> str:
        """The text on one line, as far as it is sure to fit into so many octets."""
        line = one_line(text, len(text))
        if 2 * len(line) <= octets and line.isascii():  # none takes more: a quote, with its backslash
            return line
        if _octets(line) <= octets:
            return line
        self.short = True
        return one_line(line, octets // CHARACTER)

    def items(self, items: Iterable[T], octets: int) -> tuple[T, ...]:
        """The first of them, as many as fit into so many octets. What does not fit is not looked at."""
        kept: list[T] = []
        for one in items:
            octets -= _octets(to_record(one))
            if octets < 0:
                self.short = True
                break
            kept.append(one)
        return tuple(kept)


def _octets(plain: object) -> int:
    return len(json.dumps(plain))
