"""Robots: which mail is called automatic, by name, so that a person's among it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gateway.core.message import Message
from gateway.core.parse import parse

PEOPLE = ("reply_crisp", "reply_github", "reply_mpr", "reply_talon", "stalwart", "mime4j", "enmime", "cpython")
"""Collections of ordinary mail; in the others programs wrote most of it."""


def report(corpus: Path) -> list[str]:
    """A line for each collection of ordinary mail, and each message in it that is called automatic."""
    lines = ["## Robots: ordinary mail that is called automatic"]
    for name in PEOPLE:
        mails = sorted((corpus / name).glob("*.eml"))
        found = list(_automatic(mails))
        lines += [f"{name:24} {len(found)} of {len(mails)}", *found]
    return lines


def _automatic(mails: list[Path]) -> Iterator[str]:
    for path in mails:
        parsed = parse(path.read_bytes())
        if isinstance(parsed, Message) and parsed.automatic is not None:
            robot = parsed.automatic
            yield f"  called {robot.reason}, {robot.what}: {path.parent.name}/{path.stem}"
