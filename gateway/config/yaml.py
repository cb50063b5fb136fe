"""YAML to plain values, with the line that each stands on. Bounded, and it never guesses: what is doubtful is refused.

Promises: strings, whole numbers, true, false, null, lists and mappings with text keys, nothing else. Refuses duplicate
keys (PyYAML keeps the last in silence), aliases (a short file that becomes a long one), tags, and a second document.
What is not `true`, `false`, `null` or a plain decimal number is text: no, 0777 and 2026-11-22 stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gateway.core.problem import ConfigError, Problem, near

FILE_OCTETS = 1024 * 1024
DEPTH = 32

Plain = None | bool | int | str | list[Any] | dict[str, Any]
Keys = tuple[str | int, ...]
"""The way to a value: the keys of mappings and the indexes of lists, from the top."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data; `lines` says where each key and list item stands."""

    file: str
    data: Plain
    lines: Mapping[Keys, int]
    octets: bytes = field(default=b"", repr=False)

    def line(self, keys: Keys) -> int:
        """The line of a value, or of the nearest value around it that the file does have."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def problem(self, keys: Keys, wrong: str, right: str = "") -> Problem:
        """A problem with the value at `keys`."""
        return Problem(self.file, self.line(keys), dotted(keys), wrong, right)

    def section(
        self, keys: Keys, said: Plain, known: Sequence[str] | None = None, right: str = "KEY: VALUE lines"
    ) -> dict[str, Any]:
        """A mapping of `known` keys, or of any. Raises ConfigError."""
        if not isinstance(said, dict):
            raise ConfigError(self.problem(keys, "is not a mapping", right))
        for key in said:
            if known is not None and key not in known:
                raise ConfigError(self.problem((*keys, key), "unknown key", near(key, known)))
        return said


def dotted(keys: Keys) -> str:
    """`smtp[0].listen`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def read(path: Path, limit: int = FILE_OCTETS) -> Document:
    """Read a file of at most `limit` octets. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            octets = file.read(limit + 1)
    except (OSError, ValueError) as fault:  # a NUL in a path is a ValueError
        why = fault.strerror if isinstance(fault, OSError) else fault
        right = "name the file itself" if isinstance(fault, IsADirectoryError) else "let this user read it"
        raise ConfigError(Problem(str(path), 0, "", f"cannot be read ({why})", right)) from fault
    return parse(octets, str(path), limit)


def parse(octets: bytes, file: str, limit: int = FILE_OCTETS) -> Document:
    """Octets to a document; `file` is what problems call it. Raises ConfigError and nothing else."""
    if len(octets) > limit:
        raise ConfigError(Problem(file, 0, "", f"is over {limit} octets"))
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = octets.count(b"\n", 0, fault.start) + 1
        raise ConfigError(Problem(file, line, "", "is not UTF-8", "save it as UTF-8")) from fault
    loader = None
    try:
        loader = _LOADER(text)
        return _Walk(file, iter(loader.get_event, None)).document(octets)
    except yaml.YAMLError as fault:
        raise ConfigError(_syntax(fault, file, text)) from fault
    finally:
        if loader is not None:
            loader.dispose()


def item(event: Any, events: Iterator[Any], file: str) -> Document:
    """The value that begins with `event`, out of a stream: for a list too long to hold. Raises ConfigError."""
    return _Walk(file, events).item(event)


def _syntax(fault: yaml.YAMLError, file: str, text: str) -> Problem:
    if isinstance(fault, yaml.MarkedYAMLError):
        mark = fault.problem_mark or fault.context_mark
        words = " ".join(part for part in (fault.context, fault.problem) if part)
        at_fault = "".join(text.split("\n")[mark.line : mark.line + 1]) if mark else ""
        tab = at_fault.lstrip(" ").startswith("\t")  # a likely mistake, and the words do not name it
        right = "a tab stands before it: indent with blanks" if tab else ""
        return Problem(file, mark.line + 1 if mark else 0, "", f"is not YAML: {words}", right)
    at = getattr(fault, "position", None)  # a character that YAML does not have
    line = text.count("\n", 0, at) + 1 if isinstance(at, int) else 0
    return Problem(file, line, "", "has a character that YAML does not allow", "remove control characters")


class _Walk:
    """One pass over the parser's events. They are pulled one by one, so a refusal comes before the work is done."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events
        self._lines: dict[Keys, int] = {}

    def document(self, octets: bytes) -> Document:
        """The only document of the stream; an empty stream is null."""
        data: Plain = None
        for number, event in enumerate(self._events):
            if isinstance(event, yaml.DocumentStartEvent):
                if number > 1:
                    raise self._refused(event, (), "a second document begins", "one document a file")
                data = self._value(next(self._events), ())
                next(self._events)
        return Document(self._file, data, self._lines, octets)

    def item(self, event: Any) -> Document:
        """One value of a longer stream."""
        return Document(self._file, self._value(event, ()), self._lines)

    def _value(self, event: Any, keys: Keys) -> Plain:
        self._lines.setdefault(keys, _line(event))
        if isinstance(event, yaml.AliasEvent):
            raise self._refused(event, keys, f"*{event.anchor} is an alias", "write the value out")
        if event.tag is not None:
            raise self._refused(event, keys, f"has the tag {event.tag}", "write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if len(keys) >= DEPTH:
            raise self._refused(event, keys[:1], f"is nested over {DEPTH} deep")
        return self._list(keys) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(keys)

    def _list(self, keys: Keys) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*keys, len(items))))
        return items

    def _mapping(self, keys: Keys) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                raise self._refused(event, keys, "has a key that is no plain text", "write KEY: VALUE")
            here = (*keys, event.value)
            if event.value in found:
                raise self._refused(event, here, f"stands here and on line {self._lines[here]}", "keep one of them")
            self._lines[here] = _line(event)
            found[event.value] = self._value(next(self._events), here)
        return found

    def _refused(self, event: Any, keys: Keys, wrong: str, right: str = "") -> ConfigError:
        return ConfigError(Problem(self._file, _line(event), dotted(keys), wrong, right))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any) -> Plain:
    text: str = event.value
    if event.style not in (None, ""):  # quoted, or a block: text
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _NUMBER.fullmatch(text) else text
