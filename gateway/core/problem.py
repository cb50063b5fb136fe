"""What is wrong with a file that an operator wrote: where, what, and what would be right. One line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gateway.core.letter import one_line

LINE_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` counts from 1, 0 where there is none; `key` and `right` are empty where there are none."""

    file: str
    line: int
    key: str
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = f"{self.wrong}; {self.right}" if self.right else self.wrong
        return one_line(": ".join(part for part in (where, self.key, what) if part), LINE_CHARACTERS)


class ConfigError(Exception):
    """A file that an operator wrote cannot be used. Its str is the first problem, on one line; `problems` are all."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(str(problems[0]))
        self.problems = problems


NEAR_CHARACTERS = 100
"""So much of a word is compared: looking for what is near is not linear."""


def near(word: str, known: Sequence[str]) -> str:
    """What would be right in the place of a word that is not known."""
    found = get_close_matches(word[:NEAR_CHARACTERS], known, n=1)
    return f"did you mean {found[0]}?" if found else f"known here: {', '.join(known)}"
