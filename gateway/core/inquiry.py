"""Inquiries: what must be asked of the DNS while judging, as values, so that the judging itself stays pure.

An inquiry is a generator that yields a `Question` and is sent its `Answer`. Who drives it bounds time and number.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeVar

T = TypeVar("T")

Kind = Literal["TXT", "A", "AAAA", "MX", "PTR"]


class Found(Enum):
    """The three answers of a look-up, the second in its two shades (I9)."""

    VALUES = auto()
    NO_DATA = auto()
    NO_SUCH_NAME = auto()
    COULD_NOT_ASK = auto()


@dataclass(frozen=True, slots=True)
class Question:
    """A name as lower-case A-labels, without a trailing dot, and the kind of record wanted."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What the DNS says: TXT as one joined byte string each, addresses as text, MX and PTR as host names.

    `values` is empty unless `found` is VALUES. MX hosts come in order of preference.
    """

    found: Found
    values: tuple[bytes, ...] | tuple[str, ...] = ()


Inquiry = Generator[Question, Answer, T]
