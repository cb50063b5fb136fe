"""Records: frozen nouns as plain data and back, by their annotations. Total: what is missing or odd is as if left out.

A noun here is a slotted dataclass whose fields all have defaults, and are bool, int, str, another such noun, or a tuple
of any number of one of these. So what one version has written down, an older and a newer one can read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Types = str | list["Types"] | dict[str, "Types"]
"""A type in words: `bool`, `int`, `string`; a list of the type of its items; a record with the type of each field."""

_WORDS = {bool: "bool", int: "int", str: "string"}

T = TypeVar("T")


def to_record(noun: Any) -> dict[str, Any]:
    """The noun as what JSON is made of: dictionaries, lists, and no null."""
    kind: Any = type(noun)  # to mypy a type is not hashable
    names, values, deeper = _plan(kind)
    record = dict(zip(names, values(noun), strict=True))
    for name, told in deeper:
        record[name] = told(record[name])
    return record


def from_record(kind: type[T], record: object) -> T:
    """A noun of this kind. What the record lacks, or has in another type, is the default; what it has more is nothing.

    It goes as deep as the kind, whatever the record is.
    """
    given = record if isinstance(record, Mapping) else {}
    fields: Any = kind  # to mypy a type with a variable is not hashable
    return kind(
        **{name: _read(hint, given[name]) for name, hint in _hints(fields).items() if _fits(hint, given.get(name))}
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """The names that a record has, and the shape of those that are records, or lists of them (`many`)."""

    names: frozenset[str]
    records: tuple[tuple[str, Shape], ...] = ()
    many: tuple[tuple[str, Shape], ...] = ()

    def fits(self, record: object) -> bool:
        """Whether a record has every field, at every depth: then reading it as a noun adds nothing to it."""
        if not isinstance(record, dict) or not self.names <= record.keys():
            return False
        for name, shape in self.records:
            if not shape.fits(record[name]):
                return False
        for name, shape in self.many:
            if not isinstance(record[name], list) or not all(map(shape.fits, record[name])):
                return False
        return True


def shape(kind: Any) -> Shape:
    """The shape of a noun's records."""
    hints = _hints(kind)
    nouns = {name: hint for name, hint in hints.items() if hint not in _WORDS and get_origin(hint) is not tuple}
    items = {name: get_args(hint)[0] for name, hint in hints.items() if get_origin(hint) is tuple}
    return Shape(
        frozenset(hints),
        tuple((name, shape(hint)) for name, hint in nouns.items()),
        tuple((name, shape(item)) for name, item in items.items() if item not in _WORDS),
    )


def types(kind: Any) -> dict[str, Types]:
    """The type of each field of a noun, in words."""
    return {name: _type(hint) for name, hint in _hints(kind).items()}


def _type(hint: Any) -> Types:
    if hint in _WORDS:
        return _WORDS[hint]
    return [_type(get_args(hint)[0])] if get_origin(hint) is tuple else types(hint)


@cache
def _plan(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], Any], tuple[tuple[str, Callable[[Any], Any]], ...]]:
    """Of a kind of noun the names, what gets all values at once, and how those are told that are no words."""
    hints = _hints(kind)
    names = tuple(hints)
    values = attrgetter(*names) if len(names) > 1 else lambda noun: [getattr(noun, name) for name in names]
    return names, values, tuple((name, _told(hint)) for name, hint in hints.items() if hint not in _WORDS)


def _told(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) is not tuple:
        return to_record
    return list if get_args(hint)[0] in _WORDS else lambda nouns: [to_record(one) for one in nouns]


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _fits(hint: Any, value: object) -> bool:
    if hint in _WORDS:
        return type(value) is hint  # True is no int
    return isinstance(value, list if get_origin(hint) is tuple else Mapping)


def _read(hint: Any, value: Any) -> Any:
    if hint in _WORDS:
        return value
    if get_origin(hint) is not tuple:
        return from_record(hint, value)
    item = get_args(hint)[0]
    return tuple(_read(item, one) for one in value if _fits(item, one))
