"""What a checked part of a condition is. Its types are those of records, so nothing is ever absent or null."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.record import Types

Schema = Mapping[str, Types]
Path = tuple[str, ...]
Words = Mapping[Path, Sequence[str]]
"""Of facts that are one of a few words, or a list of such: those."""
Run = Callable[[Any, Any], Any]
"""Of the facts' values, and of the item that the macro around it is at: macros do not nest, so there is one at most."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Its type, how it is computed, and which fact it is, or is taken from; empty where it is computed."""

    type: Types
    run: Run
    path: Path = ()


def in_words(kind: Types) -> str:
    """A type, for people."""
    if isinstance(kind, list):
        return f"a list of {in_words(kind[0]).partition(' ')[2]}s"
    return {"int": "an int", "string": "a string", "bool": "a bool"}[kind] if isinstance(kind, str) else "a record"
