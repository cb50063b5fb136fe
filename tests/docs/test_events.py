"""The table of events in operating.md is what the source logs; and what is a warning says what to do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gateway.core.confirmation import State
from gateway.core.reason import Disposition

ROOT = Path(__file__).parents[2]
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
NAMED_ELSEWHERE = {
    *(f"message.{one}" for one in Disposition),
    *(f"confirmation.{one}" for one in (State.CONFIRMED, State.DENIED)),
    "outbox.delivered",
    "outbox.deferred",
    "outbox.failed",
    "border.silent",
    "border.speaks",
}
"""Where the first argument is a variable: made of a word of the core."""


def is_call(node):
    """`log.warning(...)`, or `tell(...)`, which is one of two of these."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=method)):
            return method in METHODS
        case ast.Call(func=ast.Name(id="tell")):
            return True
    return False


CALLS = [
    (str(path.relative_to(ROOT)), node)
    for path in sorted((ROOT / "gateway").rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if is_call(node)
]
TABLE = {
    event: set(re.findall(r"\w+", keys))
    for events, keys in re.findall(
        r"^\| (`[a-z_.-]+`(?:, `[a-z_.-]+`)*) \| .* \| `([a-z_ ]+)` \|$",
        (ROOT / "docs/operating.md").read_text().partition("\n## Logs\n")[2].partition("\n## ")[0],
        re.MULTILINE,
    )
    for event in re.findall(r"[a-z_.-]+", events)
}


def names(call):
    """The events that a call may write, as far as it says."""
    return {one.value for one in ast.walk(call.args[0]) if isinstance(one, ast.Constant)}


def keys(call):
    return {one.arg for one in call.keywords if one.arg} - {"exc_info"}


def test_the_table_has_every_event_and_no_other():
    """Who finds an event in the log finds it in the book."""
    assert set(TABLE) == NAMED_ELSEWHERE.union(*(names(call) for _, call in CALLS))


@pytest.mark.parametrize(("where", "call"), CALLS, ids=lambda one: one if isinstance(one, str) else None)
def test_the_table_has_the_keys_of_an_event(where, call):
    """Whoever reads lines by a program knows what may be on them."""
    for event in names(call):
        assert keys(call) <= TABLE[event]


def test_what_is_a_warning_says_what_to_do():
    """At three in the morning nobody looks it up."""
    alarms = [
        (where, call.lineno)
        for where, call in CALLS
        if getattr(call.func, "attr", "warning") in {"warning", "error", "critical"} and "do" not in keys(call)
    ]
    assert len(CALLS) > 50
    assert alarms == []
