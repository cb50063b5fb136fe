"""Room: what is kept of a record whose texts and lists others make as long as they like. Bounded in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.core.letter import one_line

CHARACTER = 12
"""Octets of the longest character in JSON: one outside of the basic plane, as a pair of surrogates."""


@dataclass(frozen=True, slots=True)
class Items:
    """Of a list: the octets that all of its items have together, and what each may have."""

    octets: int
    each: Share


Share = int | Items | Mapping[str, "Share"]
"""The octets that a text may have; or what a list may, or each named field of a record: others are kept as they are."""


class Room:
    """Cuts what does not fit, and remembers in `short` that it did."""

    def __init__(self) -> None:
        self.short = False

    def kept(self, plain: Any, share: Share) -> Any:
        """As much of it as has room. It goes as deep as the shares do."""
        if isinstance(share, int):
            return self._text(plain, share)
        if isinstance(share, Items):
            return self._items(plain, share)
        return plain | {name: self.kept(plain[name], part) for name, part in share.items()}

    def _text(self, text: str, octets: int) -> str:
        if 2 * len(text) <= octets and text.isascii():  # no letter takes more: a quote, with its backslash
            return text
        if _octets(text) <= octets:
            return text
        self.short = True
        return one_line(text, octets // CHARACTER)

    def _items(self, items: list[Any], share: Items) -> list[Any]:
        """The first of them, as many as fit. What does not is not looked at."""
        kept: list[Any] = []
        room = share.octets
        for one in items:
            fitting = self.kept(one, share.each)
            room -= _octets(fitting)
            if room < 0:
                self.short = True
                break
            kept.append(fitting)
        return kept


def _octets(plain: object) -> int:
    return len(json.dumps(plain))
