"""A policy file's `limits:` to bounds on how many may come within an hour, or the first thing that is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

from gateway.config.yaml import Document, Keys, Plain
from gateway.core.problem import ConfigError
from gateway.core.rates import MOST, Bound, RateLimits

KEYS = tuple(one.name for one in fields(RateLimits))
_RIGHT = "{hold: 60/hour, ignore: 600/hour}"
NUMBER = re.compile(r"([1-9][0-9]{0,6})/hour")


def bounds(document: Document, file: str, said: Plain, earlier: Mapping[str, Bound]) -> dict[str, Bound]:
    """What the section says, by the names of `RateLimits`. Raises ConfigError."""
    found: dict[str, Bound] = {}
    for key, value in document.section(("limits",), said, KEYS, f"KEY: {_RIGHT}").items():
        keys: Keys = ("limits", key)
        if key in earlier:
            raise ConfigError(document.problem(keys, f"is also set at {earlier[key].where}", "set it once"))
        default: Bound = getattr(RateLimits(), key)
        numbers = {"hold": default.hold, "ignore": default.ignore}
        for word, text in document.section(keys, value, tuple(numbers), _RIGHT).items():
            numbers[word] = _number(document, (*keys, word), text)
        bound = Bound(numbers["hold"], numbers["ignore"], f"{file}:{document.line(keys)}")
        if bound.hold > bound.ignore:
            wrong = f"ignores from {bound.ignore} on what it would hold from {bound.hold} on"
            raise ConfigError(document.problem(keys, wrong, _RIGHT))
        found[key] = bound
    return found


def _number(document: Document, keys: Keys, value: Plain) -> int:
    match = NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > MOST:
        raise ConfigError(document.problem(keys, f"is no number up to {MOST} an hour ({value})", "such as 60/hour"))
    return int(match[1])
