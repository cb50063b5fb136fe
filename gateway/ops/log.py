"""Log: events to stderr, as text or JSON lines. A value cannot forge a line, colour a terminal or carry a body.

What the libraries say through stdlib logging goes the same way, from WARNING up.
"""

from __future__ import annotations

import json
import logging
import sys
import unicodedata
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

WITHHELD = frozenset({"body", "data", "octets", "password", "quoted", "raw", "secret", "text", "token"})
"""Keys whose values are never written, whoever logs them."""

VALUE_CHARACTERS = 1000


def configure(
    format: Literal["auto", "text", "json"],  # noqa: A002 - the configuration's own word
    stream: TextIO | None = None,
) -> None:
    """Send all logs to `stream` (stderr); `auto` is text on a terminal and JSON elsewhere. May be repeated."""
    out: Any = _Patient(stream or sys.stderr)
    text = format == "text" or (format == "auto" and (stream or sys.stderr).isatty())
    write: Processor = _line if text else structlog.processors.JSONRenderer(ensure_ascii=False)
    before: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),  # RFC 3339
    ]
    after: list[Processor] = [structlog.processors.format_exc_info, _harmless, write]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=before, processors=[ProcessorFormatter.remove_processors_meta, *after])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


class _Patient:
    """A log that cannot be written stops no mail: a full disk has no room for the line that says so."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._out.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._out.flush()


def _harmless(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key in WITHHELD:
            event[key] = "[withheld]"
        elif key == "exception":  # indented, so that a line break in its words begins no line of its own
            event[key] = "\n".join(f"    {_visible(one)}" for one in str(value).splitlines())
        else:
            event[key] = _plain(value)
    return event


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case list() | tuple() | set() | frozenset():
            return [_visible(str(one)) for one in value]
        case _:
            return _visible(str(value))


def _visible(text: str) -> str:
    """Control, format, surrogate and line-breaking characters as escapes; threats rule 16."""
    cut = text if len(text) <= VALUE_CHARACTERS else text[:VALUE_CHARACTERS] + "…"
    return cut if cut.isascii() and cut.isprintable() else "".join(map(_escaped, cut))


def _escaped(one: str) -> str:
    category = unicodedata.category(one)
    return one if category[0] != "C" and category not in {"Zl", "Zp"} else one.encode("unicode_escape").decode()


def _line(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    """`time level event key=value ...`: a value with a space, a quote or an equals sign stands in quotes."""
    trace = event.pop("exception", "")
    head = f"{event.pop('timestamp')} {event.pop('level'):<8} {event.pop('event')}"
    pairs = "".join(f" {key}={_quoted(value)}" for key, value in event.items())
    return head + pairs + (f"\n{trace}" if trace else "")


def _quoted(value: object) -> str:
    bare = isinstance(value, str) and value and not set(value) & set(' "=')
    return str(value) if bare else json.dumps(value, ensure_ascii=False)
