"""Patterns that every Python from 3.11.0 on reads alike: a security property, for what is not matched is let by."""

from __future__ import annotations

import pkgutil
import re
import re._constants as code  # what a pattern is made of is told nowhere else
import re._parser as reading
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import gateway

ONE = {code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN}


def groups_made_possessive(items: Any) -> Iterator[Any]:
    """Bodies of possessive quantifiers that are more than one character: `(...)*+`, wherever they stand."""
    for operation, given in items:
        if operation is code.POSSESSIVE_REPEAT and (len(given[2]) != 1 or given[2][0][0] not in ONE):
            yield given[2]
        for part in given if isinstance(given, tuple | list) else [given]:
            for inside in part if isinstance(part, list) else [part]:
                if isinstance(inside, reading.SubPattern):
                    yield from groups_made_possessive(inside)


def modules() -> list[ModuleType]:
    names = (one.name for one in pkgutil.walk_packages(gateway.__path__, "gateway."))
    return [import_module(name) for name in names if not name.endswith("__main__") and ".migrations." not in name]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of libraries that are imported only where they are used
def test_no_group_has_a_possessive_quantifier() -> None:
    """Before 3.11.5 such a group may give up what it has not matched: `(?>(...)*)` says the same, and is right there.

    Debian 12 has 3.11.2: encoded words were not decoded, and a From was no author.
    """
    wrong = [
        f"{module.__name__}.{name}: {value.pattern!r}"
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
        and any(groups_made_possessive(reading.parse(_text(value.pattern), value.flags & ~re.UNICODE)))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [("(?:ab)*+", 1), ("x|(?:y(?:ab){1,3}+)?", 1), ("(?=(a|bc)?+)", 1), ("(?>(?:ab)*)[a-z]*+a++.?+", 0)],
)
def test_such_a_group_is_found_wherever_it_stands(pattern: str, wrong: int) -> None:
    """The test above can fail."""
    assert len(list(groups_made_possessive(reading.parse(pattern)))) == wrong


def _text(pattern: str | bytes) -> str:
    return pattern if isinstance(pattern, str) else pattern.decode("latin-1")
