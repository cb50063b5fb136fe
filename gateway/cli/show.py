"""Printing: JSON Lines for programs, tables for people, no control character to a terminal (threats rule 16)."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import click

if TYPE_CHECKING:
    from rich.progress import Progress

WIDTH = 48
"""Of a table's cell, in characters; a record's own page shows it whole."""
TEXT_OCTETS = 64 * 1024
"""Of what staff write."""


def records(found: Iterable[dict[str, Any]], columns: Sequence[str], *, json_lines: bool, none: str) -> None:
    """Print records as they come: one JSON object a line, or a table of `columns`."""
    if json_lines:
        for record in found:
            click.echo(json_line(record).encode())
        return
    rows = [[cell(record[column]) for column in columns] for record in found]
    if not rows:
        click.echo(none, err=True)
        return
    widths = [max(len(row[index]) for row in [list(columns), *rows]) for index in range(len(columns))]
    for row in [[column.upper().replace("_", " ") for column in columns], *rows]:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def record(found: dict[str, Any], page: Callable[[dict[str, Any]], Iterable[str]], *, json_lines: bool) -> None:
    """Print one record: as JSON, or as its page."""
    if json_lines:
        click.echo(json_line(found).encode())
        return
    for line in page(found):
        click.echo(plain(line))


def json_line(found: dict[str, Any]) -> str:
    """One object on one line, whatever a reader takes for the end of a line; no control character raw."""
    return _RAW.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(found, ensure_ascii=False))


def facts(found: dict[str, Any], names: Sequence[str]) -> Iterable[str]:
    """One `name: value` line each."""
    width = max(len(name) for name in names)
    for name in names:
        yield f"{name.replace('_', ' ').rjust(width)}: {words(found[name])}"


def stations(trace: list[list[str]]) -> Iterable[str]:
    """The way of a message, a line each."""
    for station, told in trace:
        yield f"{station:>8}: {told}"


def quoted(text: str) -> str:
    """What somebody else wrote, set in, so that no line of it can pass for one of ours."""
    return "\n".join(f"    {line}" for line in text.split("\n"))


def words(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(words(one) for one in value) or "-"
    if isinstance(value, dict):
        return " ".join(f"{name}={words(one)}" for name, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def cell(value: Any) -> str:
    """A value as it stands in a table: one line, cut."""
    text = " ".join(plain(words(value)).split())
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def plain(text: str) -> str:
    """Text in which no terminal finds a command; new lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(one) in _UNSAFE and one not in "\n\t" else one for one in text)


_RAW = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def standard_input(what: str) -> BinaryIO:
    """Standard input, for `what`: someone at a terminal is told that we wait. Raises ValueError where it is closed."""
    if sys.stdin is None:
        raise ValueError(f"standard input is closed; pipe {what} in")
    if sys.stdin.isatty():
        click.echo(f"write {what}, then Ctrl-D on a line of its own; Ctrl-C changes nothing", err=True)
    return sys.stdin.buffer


def read_text() -> str:
    """What is on standard input, as text. Raises ValueError where it is not UTF-8, too long, or there is nothing."""
    octets = standard_input("the text").read(TEXT_OCTETS + 1)
    if len(octets) > TEXT_OCTETS or b"\0" in octets:
        raise ValueError(f"what is on standard input is no text, or over {TEXT_OCTETS} octets of it")
    try:
        text = octets.decode().replace("\r\n", "\n").strip("\n")
    except UnicodeDecodeError as fault:
        raise ValueError(f"the text on standard input is not UTF-8 at octet {fault.start}; save it as UTF-8") from fault
    if not text.strip():
        raise ValueError("there is no text on standard input; pipe it in: `echo ... | gateway ...`")
    return text


def progress(*, counted: bool = False) -> Progress:
    """How far it is, on a terminal, and in numbers too where it is counted; in a pipe, silence."""
    from rich import progress as bars  # noqa: PLC0415 - only for who waits
    from rich.console import Console  # noqa: PLC0415 - the same

    columns = (*bars.Progress.get_default_columns(), *([bars.MofNCompleteColumn()] if counted else []))
    return bars.Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


@contextmanager
def working(what: str) -> Iterator[None]:
    """Something that moves, on a terminal; in a pipe, silence."""
    with progress() as shown:
        shown.add_task(what, total=None)
        yield
