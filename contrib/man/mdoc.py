"""mdoc(7): the few macros that our pages are made of, each a line; nothing of a text is ever taken for a macro."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

BOLD, ITALIC, PLAIN = r"\fB", r"\fI", r"\fP"

_ESCAPED = str.maketrans({"\\": r"\e", '"': r"\(dq", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})


def escaped(text: str) -> str:
    """Text as roff prints it, wherever it stands in a line, whatever it begins with."""
    plain = "".join(one if one < "\x7f" else rf"\[u{ord(one):04X}]" for one in text.translate(_ESCAPED))
    return rf"\&{plain}" if plain.startswith((".", " ")) else plain


def typed(text: str) -> str:
    """What is typed as it stands: with hyphens that may be copied."""
    return escaped(text).replace("-", r"\-")


def code(text: str) -> str:
    """The same, in a text: bold."""
    return BOLD + typed(text) + PLAIN


def prose(text: str) -> str:
    """What is escaped already as lines of text: a sentence each, as mdoc wants it."""
    return re.sub(r"(?<=[.!?]) +|(?<=[.!?][)\]]) +", "\n", text).replace("\n.", "\n\\&.")


def page(name: str, section: int, told: str, version: str, on: date) -> Iterator[str]:
    """The head of a page."""
    yield f".Dd {on:%B} {on.day}, {on.year}"
    yield f".Dt {name.upper()} {section}"
    yield f".Os mail-gateway {version}"
    yield from (".Sh NAME", f".Nm {name}", f".Nd {told}")


def items(entries: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """A list of things, each with what is told of it; none at all where there are none."""
    head = ".Bl -tag -width Ds"
    for tag, told in entries:
        yield from filter(None, (head, f".It {tag}"))
        yield from told
        head = ""
    if not head:
        yield ".El"


def argument(text: str) -> str:
    """What is escaped already as one argument of a macro, and so never a macro itself."""
    return f'"{text}"'


def literal(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they stand."""
    yield ".Bd -literal -offset 2n"
    yield from (typed(line) or r"\&" for line in lines)
    yield ".Ed"
