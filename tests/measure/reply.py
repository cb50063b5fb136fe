"""Reply text: what four parsers' own tests say that the writer wrote, beside what is read here.

Exact: `visible` is our text, or all of `contains` and none of `not_contains` is in it. Lost: a line that the writer
wrote is not in our text. A third was held out while the rules were made: those whose number divides by three.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.core.fields import split
from gateway.core.mime import walk
from gateway.core.text import body_of

SETS = ("reply_github", "reply_crisp", "reply_mpr", "reply_talon")
HELD_OUT = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """How one text was read: wholly as expected, and what of the writer's own is missing."""

    name: str
    exact: bool
    lost: tuple[str, ...]
    held_out: bool


def report(corpus: Path) -> list[str]:
    """A line for each set and for all of them, those held out apart, and each miss by name."""
    found = list(_findings(corpus))
    if not found:
        return ["## Reply text: none of its sets is there"]
    lines = [_told(name, [one for one in found if one.name.startswith(name)]) for name in SETS]
    lines.append(_told("pooled", found))
    lines.append(_told("held out", [one for one in found if one.held_out]))
    misses = [
        f"  miss {one.name}{': lost ' + repr(one.lost[0]) if one.lost else ''}"
        for one in found
        if not one.exact or one.lost
    ]
    return ["## Reply text", *lines, *misses]


def _told(what: str, found: list[Finding]) -> str:
    exact, kept = sum(one.exact for one in found), sum(not one.lost for one in found)
    of = max(len(found), 1)
    shares = f"exact {exact} of {len(found)}, {100 * exact / of:.1f} %; nothing lost {kept}, {100 * kept / of:.1f} %"
    return f"{what:24} {shares}"


def _findings(corpus: Path) -> Iterator[Finding]:
    paths = sorted(path for name in SETS for path in (corpus / name).glob("*.expected.json"))
    for number, path in enumerate(paths, 1):
        told = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.removesuffix(".expected.json")
        text = _text(path.with_name(f"{name}.eml").read_bytes())
        own = [line for words in _wanted(told) for line in words.split("\n") if line.strip()]
        lost = tuple(line for line in own if _solid(line) not in _solid(text))
        yield Finding(f"{path.parent.name}/{name}", _exact(text, told), lost, number % HELD_OUT == 0)


def _text(raw: bytes) -> str:
    header = split(raw)
    return body_of(raw, walk(raw, header.fields, header.body)).text


def _wanted(told: dict[str, Any]) -> list[str]:
    return [*told.get("contains", []), *([told["visible"]] if "visible" in told else [])]


def _exact(text: str, told: dict[str, Any]) -> bool:
    within = all(_even(one) in _even(text) for one in told.get("contains", []))
    without = not any(_even(one) in _even(text) for one in told.get("not_contains", []))
    alike = _solid if told.get("compare") == "ignore-whitespace" else _even
    return within and without and ("visible" not in told or alike(text) == alike(told["visible"]))


def _even(text: str) -> str:
    """Line by line, without the white space at their ends."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def _solid(text: str) -> str:
    return "".join(text.split())
