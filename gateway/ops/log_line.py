"""A line of the log: an event to text. A value cannot forge a line, colour a terminal, or carry a body."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from gateway.core.privacy import Redaction
from gateway.core.times import stamp
from gateway.core.withheld import MARK

WITHHELD = frozenset({"body", "data", "octets", "password", "quoted", "raw", "secret", "text", "token"})
"""Keys whose values are never written, whoever logs them."""
WORDS = frozenset({"subject"})
"""Keys whose values are a stranger's words, and go where addresses go in full."""

VALUE_CHARACTERS = 1000
ADDRESS_CHARACTERS = 400
"""What is read beyond the cut, and left out again: there may be an address that was cut before its at sign."""

TRACE_CHARACTERS = 16_000
"""Of a traceback, its beginning and its end: the words of a fault may be a stranger's, a megabyte of line breaks."""
VALUES = 100
"""Of a list."""

_EMPTY: tuple[object, ...] = ("", None)

PRIORITIES: Mapping[str, int] = MappingProxyType({"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7})
"""sd-daemon(3)."""


@dataclass(frozen=True, slots=True)
class Line:
    """The last of structlog's processors. `now` gives the time; the journal has its own, and is told the priority."""

    text: bool
    journal: bool
    shows: Redaction
    now: Callable[[], datetime]

    def __call__(self, _: object, level: str, event: MutableMapping[str, Any]) -> str:
        """One event, one line; of the text form, but for a traceback under it."""
        words, trace = self._clean(event.pop("event")), self._shown(event.pop("exception", ""))
        kept = {key: self._kept(key, value) for key, value in event.items()}
        if not self.text:
            told = {"timestamp": stamp(self.now()), "level": level, "event": words, **kept}
            told |= {"exception": visible(trace, len(trace))} if trace else {}
            line = json.dumps(told, ensure_ascii=False)
        else:
            head = words if self.journal else f"{stamp(self.now())} {level:<8} {words}"
            line = head + "".join([f" {key}={_quoted(value)}" for key, value in kept.items() if value not in _EMPTY])
            # indented, so that a line break in its words begins no line of its own
            line += "".join([f"\n    {visible(one)}" for one in trace.splitlines()])
        return _with_priority(line, PRIORITIES.get(level, 6)) if self.journal else line

    def _kept(self, key: str, value: object) -> object:
        if key in WITHHELD or (key in WORDS and self.shows.hides_words):
            return MARK
        match value:
            case str():
                return self._clean(value)
            case None | bool() | int() | float():
                return value
            case list() | tuple() | set() | frozenset():
                return [one if type(one) is int else self._clean(one) for one in islice(value, VALUES)]
            case _:
                return self._clean(value)

    def _shown(self, trace: object) -> str:
        """As a whole, for an address may go over a line break."""
        text = str(trace)
        if len(text) > TRACE_CHARACTERS:
            half = TRACE_CHARACTERS // 2
            first, last = text[:half].rpartition("\n"), text[-half:].partition("\n")
            text = "".join((*(first[:2] if first[1] else first), "…\n", last[2] or last[0]))
        return self.shows(text)

    def _clean(self, value: object, longest: int = VALUE_CHARACTERS) -> str:
        text = str(value)
        if text.isascii() and text.isprintable() and len(text) <= longest and "@" not in text and "%" not in text:
            return text  # nearly every value is like this
        shown = self.shows(text[: longest + ADDRESS_CHARACTERS])
        if len(text) > longest + ADDRESS_CHARACTERS:
            shown = f"{shown[:-ADDRESS_CHARACTERS]}…"
        return visible(shown, longest)


def visible(text: str, longest: int = VALUE_CHARACTERS) -> str:
    """Control, format, surrogate and line-breaking characters as escapes, and no more than so many; threats rule 16."""
    cut = text if len(text) <= longest else text[:longest] + "…"
    return cut if cut.isascii() and cut.isprintable() else "".join(map(_escaped, cut))


def _escaped(one: str) -> str:
    category = unicodedata.category(one)
    return one if category[0] != "C" and category not in {"Zl", "Zp"} else one.encode("unicode_escape").decode()


def _quoted(value: object) -> str:
    """A value with a space, a quote or an equals sign stands in quotes."""
    if isinstance(value, str) and value and " " not in value and '"' not in value and "=" not in value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _with_priority(line: str, priority: int) -> str:
    """Each line of a traceback is an entry of the journal."""
    return "\n".join([f"<{priority}>{one}" for one in line.split("\n")])
