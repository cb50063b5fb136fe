"""Conditions: what a rule asks of the facts of a message, in a subset of CEL. Checked once, total after that, bounded.

The text is an operator's, the values are a stranger's: so nothing in a value is ever evaluated (threats rule 16).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.core.expression_check import check_expression
from gateway.core.expression_tokens import ExpressionError
from gateway.core.expression_tree import parse_expression
from gateway.core.expression_types import Path, Run, Schema, Words
from gateway.core.letter import shown

TEXT_CHARACTERS = 80
ITEMS = 8


class ConditionFailed(Exception):  # noqa: N818 - what became of a condition, not a mistake of ours
    """The values are not what the condition was checked against; the words say where it broke."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. `reads` are the facts that it looks at, in the order of the text."""

    text: str
    reads: tuple[Path, ...]
    _run: Run = field(repr=False, compare=False)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds of these facts. Raises ConditionFailed, so that the message can be held."""
        try:
            found = self._run(values, None)
        except (KeyError, TypeError, AttributeError) as fault:
            raise ConditionFailed(f"{type(fault).__name__}: {shown(str(fault))}") from fault
        if not isinstance(found, bool):
            raise ConditionFailed("a fact is not of its type")
        return found

    def values(self, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """What it reads and what that is, for people: `("author.domain", "'rossi.example'")`. Total and bounded."""
        return tuple((".".join(path), _shown(_at(values, path))) for path in self.reads)


def compile_condition(text: str, schema: Schema, words: Words | None = None) -> Condition:
    """The condition that a text is. Raises ExpressionError; its time is bounded by the bounds of a text."""
    tree = parse_expression(text)
    checked, reads = check_expression(tree, schema, words or {})
    if checked.type != "bool":
        raise ExpressionError(tree.column, "is no condition", "something that is true or false")
    return Condition(text, reads, checked.run)


def _at(value: Any, path: Path) -> Any:
    """The value at the end of a path; of a list, that of each item. None where there is none."""
    for at, name in enumerate(path):
        if isinstance(value, list | tuple):
            return [_at(one, path[at:]) for one in value]
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        some = [_shown(one) for one in value[:ITEMS]]
        return f"[{', '.join(some)}{f', and {len(value) - ITEMS} more' if len(value) > ITEMS else ''}]"
    if isinstance(value, str):
        return f"'{shown(value, TEXT_CHARACTERS)}'"
    if isinstance(value, Mapping):
        return "{...}"
    if value is None:
        return "not there"
    return str(value).lower() if isinstance(value, bool) else shown(str(value), TEXT_CHARACTERS)
