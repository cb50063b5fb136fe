"""Calls in conditions: the operators and methods, the types that each is for, and how it is computed.

None of them can fail on what it is for: there is no division, and an int has no bound here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from gateway.core.expression_tokens import ExpressionError
from gateway.core.expression_tree import Call, Literal
from gateway.core.expression_types import Checked, Run, in_words
from gateway.core.letter import shown

PATTERN_CHARACTERS = 200

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_SCALARS: Mapping[tuple[str, ...], tuple[str, Callable[..., Any]]] = {
    ("!", "bool"): ("bool", operator.not_),
    ("-", "int"): ("int", operator.neg),
    ("-", "int", "int"): ("int", operator.sub),
    ("+", "int", "int"): ("int", operator.add),
    ("+", "string", "string"): ("string", operator.add),
    **{
        (sign, kind, kind): ("bool", compare)
        for sign, compare in (("<", operator.lt), ("<=", operator.le), (">", operator.gt), (">=", operator.ge))
        for kind in ("int", "string")
    },
    ("contains", "string", "string"): ("bool", operator.contains),
    ("startsWith", "string", "string"): ("bool", str.startswith),
    ("endsWith", "string", "string"): ("bool", str.endswith),
    ("lowerAscii", "string"): ("string", lambda text: text.translate(_LOWER)),
}
"""What is for these scalars alone: the function and its arguments, to the result and how it is computed."""


def call(node: Call, given: list[Checked]) -> Checked:
    """What a call of these arguments is; the parser has counted them. Raises ExpressionError."""
    form = _FORMS.get(node.function)
    checked = form(node, given) if form else _of_scalars(node, given)
    if checked is None:
        types = " and ".join(in_words(one.type) for one in given)
        raise ExpressionError(node.column, f"{node.function} with {types}", _right(node.function))
    return checked


def _of_scalars(node: Call, given: list[Checked]) -> Checked | None:
    key = (node.function, *(one.type if isinstance(one.type, str) else "" for one in given))
    if key not in _SCALARS:
        return None
    result, compute = _SCALARS[key]
    return Checked(result, _unary(compute, given[0]) if len(given) == 1 else _binary(compute, *given))


def _equality(node: Call, given: list[Checked]) -> Checked | None:
    left, right = given
    if left.type != right.type or isinstance(left.type, dict):
        return None
    return Checked("bool", _binary(operator.eq if node.function == "==" else operator.ne, left, right))


def _membership(_node: Call, given: list[Checked]) -> Checked | None:
    one, items = given
    if [one.type] != items.type or isinstance(one.type, dict):
        return None
    return Checked("bool", _binary(operator.contains, items, one))


def _logic(node: Call, given: list[Checked]) -> Checked | None:
    if [one.type for one in given] != ["bool", "bool"]:
        return None
    left, right = (one.run for one in given)
    if node.function == "&&":
        return Checked("bool", lambda values, item: left(values, item) and right(values, item))
    return Checked("bool", lambda values, item: left(values, item) or right(values, item))


def _choice(_node: Call, given: list[Checked]) -> Checked | None:
    asked, then, other = given
    if asked.type != "bool" or then.type != other.type:
        return None
    ask, yes, no = (one.run for one in given)
    return Checked(then.type, lambda values, item: yes(values, item) if ask(values, item) else no(values, item))


def _size(_node: Call, given: list[Checked]) -> Checked | None:
    return (
        Checked("int", _unary(len, given[0])) if isinstance(given[0].type, list) or given[0].type == "string" else None
    )


def _matches(node: Call, given: list[Checked]) -> Checked | None:
    """A search by Rust's expressions, which take time linear in the text; Python's may take for ever."""
    pattern = node.arguments[1]
    if given[0].type != "string":
        return None
    if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
        raise ExpressionError(pattern.column, "is no pattern", 'a text, such as r"^RE[0-9]+:"')
    if len(pattern.value) > PATTERN_CHARACTERS:
        raise ExpressionError(pattern.column, "is too long a pattern", f"at most {PATTERN_CHARACTERS} characters")
    try:
        search = SchemaValidator(core_schema.str_schema(pattern=pattern.value, strict=True)).isinstance_python
    except SchemaError as fault:
        why = shown(str(fault).rpartition("rror: ")[2].strip())
        raise ExpressionError(pattern.column, f"is no pattern ({why})", "one that RE2 and Rust can read") from None
    return Checked("bool", _unary(search, given[0]))


_FORMS: Mapping[str, Callable[[Call, list[Checked]], Checked | None]] = {
    "==": _equality,
    "!=": _equality,
    "in": _membership,
    "&&": _logic,
    "||": _logic,
    "?": _choice,
    "size": _size,
    "matches": _matches,
}
"""The others; None is not what it is for."""

_MEANT = {
    "==": "both sides of one type, and no records",
    "!=": "both sides of one type, and no records",
    "in": "a value, and a list of its type; for a part of a text there is contains()",
    "&&": "a bool on both sides",
    "||": "a bool on both sides",
    "?": "a bool, and two values of one type",
    "size": "a string or a list",
    "matches": "a string",
}


def _right(function: str) -> str:
    fitting = [" and ".join(map(in_words, kinds)) for name, *kinds in _SCALARS if name == function]
    return f"it is for {_MEANT.get(function) or ', or '.join(fitting)}"


def _unary(compute: Callable[[Any], Any], operand: Checked) -> Run:
    run = operand.run
    return lambda values, item: compute(run(values, item))


def _binary(compute: Callable[[Any, Any], Any], one: Checked, other: Checked) -> Run:
    left, right = one.run, other.run
    return lambda values, item: compute(left(values, item), right(values, item))
