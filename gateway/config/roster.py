"""The accounts file, YAML, JSON Lines or CSV: a stream of entries and problems, one account in memory at a time. Total.

What cannot be read is a problem with file and line, never an exception, so that the import tells all of them at once.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from gateway.config.yaml import item
from gateway.core.problem import ConfigError, Problem
from gateway.core.roster import KEYS, Entry, parse
from gateway.core.roster import row as as_row

ACCOUNT_OCTETS = 16 * 1024 * 1024
"""At most this much of the file belongs to one account: memory is bounded whatever the file says."""
PROGRESS_ACCOUNTS = 4096

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_HEADER = ",".join(KEYS)
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENING = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.MappingStartEvent, yaml.ScalarEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)

Read = Iterator[Entry | Problem]
Reader = Callable[["_Lines"], Iterator[Entry | tuple[Problem, ...]]]


def read_roster(path: Path, progress: Callable[[int], None] = lambda _octets: None) -> Read:
    """The accounts of a file; its extension says the format. `progress` hears how many octets have been read."""
    read = READERS.get(path.suffix.lower())
    if read is None:
        known = ", ".join(READERS)
        yield Problem(str(path), 0, "", "has no extension that says its format", f"a file that ends in {known}")
        return
    try:
        with path.open("rb") as stream:
            yield from read_stream(stream, str(path), read, progress)
    except OSError as fault:
        yield Problem(str(path), 0, "", f"cannot be read ({fault.strerror})")


def read_stream(
    stream: BinaryIO, file: str, read: Reader, progress: Callable[[int], None] = lambda _octets: None
) -> Read:
    """The same of a file that is open, by one of `READERS`; `file` is what problems call it."""
    lines = _Lines(stream, file)
    try:
        for number, found in enumerate(read(lines)):
            lines.begin()
            if number % PROGRESS_ACCOUNTS == 0:
                progress(lines.octets)
            yield from (found,) if isinstance(found, Entry) else found
        progress(lines.octets)
    except ConfigError as fault:
        yield from fault.problems


class _Lines:
    """The lines of a file: decoded, counted, and bounded. Raises ConfigError."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self.file = file
        self.number = 0
        self.octets = 0
        self._begun = 0
        self._stream = stream

    def begin(self) -> None:
        """The next account begins."""
        self._begun = self.octets

    def at(self, number: int, wrong: str, right: str = "") -> Problem:
        return Problem(self.file, number, "", wrong, right)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        octets = self._stream.readline(ACCOUNT_OCTETS + 1)
        if not octets:
            raise StopIteration
        self.number += 1
        self.octets += len(octets)
        if self.octets - self._begun > ACCOUNT_OCTETS:
            raise ConfigError(self.at(self.number, f"one account is over {ACCOUNT_OCTETS} octets"))
        try:
            text = octets.decode()
        except UnicodeDecodeError as fault:
            raise ConfigError(self.at(self.number, "is not UTF-8", "save it as UTF-8")) from fault
        return text.removeprefix(_BOM) if self.number == 1 else text

    def read(self, _size: int = 0) -> str:
        """What a YAML parser asks for: a line at a time does, and nothing at the end."""
        return next(self, "")


def _json(lines: _Lines) -> Iterator[Entry | tuple[Problem, ...]]:
    for text in lines:
        if not text.strip():
            continue
        try:
            data = json.loads(text, object_pairs_hook=_object)
        except RecursionError:
            yield (lines.at(lines.number, "is nested too deep", "one account a line"),)
        except ValueError as fault:
            yield (lines.at(lines.number, f"is not JSON: {fault}", 'one object a line, such as {"code": ...}'),)
        else:
            yield _parsed(data, lines, lines.number)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)} stands twice in one object")
    return found


def _csv(lines: _Lines) -> Iterator[Entry | tuple[Problem, ...]]:
    rows = csv.reader(lines, strict=True)
    begins = 1
    try:
        if next(rows, []) != list(KEYS):
            yield (lines.at(1, "is not the header", _HEADER),)
            return
        begins = lines.number + 1  # a quoted field may go over several lines
        for row in rows:
            if len(row) == len(KEYS):
                yield _parsed(as_row(dict(zip(KEYS, row, strict=True))), lines, begins)
            elif row:
                yield (lines.at(begins, f"has {len(row)} fields, not {len(KEYS)}", _HEADER),)
            begins = lines.number + 1
    except csv.Error as fault:
        yield (lines.at(begins, f"is not CSV: {fault}", "quote a field with a comma, double a quote inside"),)


def _yaml(lines: _Lines) -> Iterator[Entry | tuple[Problem, ...]]:
    loader = _LOADER(lines)
    try:
        events = iter(loader.get_event, None)
        event = _opened(events, lines)
        while not isinstance(event, yaml.SequenceEndEvent):
            document = item(event, events, lines.file)
            yield parse(document.data, lines.file, document.line)
            event = next(events)
        for wanted in _CLOSING:
            if not isinstance(event := next(events), wanted):
                yield (lines.at(event.start_mark.line + 1, "more than the list of accounts", "accounts: [...] alone"),)
                return
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        words = " ".join(part for part in (fault.context, fault.problem) if part)
        yield (lines.at(mark.line + 1 if mark else lines.number, f"is not YAML: {words}"),)
    except yaml.YAMLError:
        yield (lines.at(lines.number, "has a character that YAML does not allow", "remove control characters"),)
    finally:
        loader.dispose()


def _opened(events: Iterator[Any], lines: _Lines) -> Any:
    """Go into the list of `accounts:`, to its first event. Raises ConfigError."""
    for wanted in _OPENING:
        event = next(events)
        if not isinstance(event, wanted):
            break
    else:
        key, event = event, next(events)
        if key.value == "accounts" and isinstance(event, yaml.SequenceStartEvent):
            return next(events)
    raise ConfigError(lines.at(event.start_mark.line + 1, "is not a list of accounts", "accounts: [...]"))


def _parsed(data: object, lines: _Lines, number: int) -> Entry | tuple[Problem, ...]:
    return parse(data, lines.file, lambda _path: number)


READERS: dict[str, Reader] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".jsonl": _json,
    ".ndjson": _json,
    ".json": _json,
    ".csv": _csv,
}
"""How each format is read, by the file's extension."""
