"""Log: events to stderr, one line each: for people at a terminal, for the journal, or as JSON. No mail waits for it.

What the libraries say through stdlib logging goes the same way, from WARNING up. What is said for strangers is bounded.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import Processor

from gateway.core.privacy import Redaction
from gateway.ops.log_line import Line

Format = Literal["auto", "json", "text"]
Level = Literal["debug", "info", "warning", "error"]

LINES = 300
SECONDS = 60.0
"""So many lines of one event and ingress in so long: of warnings and errors, and of what strangers cause at will."""
STRANGERS = frozenset({"dns.unanswered", "smtp.connected", "smtp.no_tls", "smtp.refused"})


def configure(  # noqa: PLR0913 - a setting each
    format: Format,  # noqa: A002 - the configuration's own word
    stream: TextIO | None = None,
    *,
    level: Level = "info",
    shows: Redaction = Redaction(),  # noqa: B008 - frozen
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = monotonic,
) -> None:
    """Send all logs to `stream` (stderr); may be repeated. `clock` is in seconds.

    `auto` is text at a terminal and in the journal, where its priorities serve, and JSON elsewhere.
    """
    where = stream or sys.stderr
    journal = is_journal(where, environ)
    text = format == "text" or (format == "auto" and (journal or where.isatty()))
    out: Any = _Patient(where)
    line = Line(text=text, journal=journal, shows=shows, now=partial(datetime.now, UTC))
    bound = Bound(clock)
    structlog.configure(
        processors=[bound, structlog.processors.format_exc_info, line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Foreign(line))
    handler.addFilter(bound.lets_through)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the one that systemd has connected to the journal (systemd.exec(5), $JOURNAL_STREAM)."""
    try:
        about = os.fstat(stream.fileno())
    except (OSError, ValueError):  # io.UnsupportedOperation is both
        return False
    return environ.get("JOURNAL_STREAM", "") == f"{about.st_dev}:{about.st_ino}"


@dataclass(slots=True)
class _Window:
    ends: float
    lines: int = 0
    unsaid: int = 0


@dataclass(slots=True)
class Bound:
    """A processor: lets the first `LINES` of a kind through; the first of the next window says how many were not.

    Kinds are of our own words, an event's or logger's and an ingress's name, so that there are few.
    """

    clock: Callable[[], float]
    windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def __call__(self, _: object, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """One of our own."""
        if level in {"info", "debug"} and event["event"] not in STRANGERS:
            return event
        unsaid = self._count((event["event"], event.get("ingress", "")))
        if unsaid is None:
            raise structlog.DropEvent
        if unsaid:
            event["unsaid"] = unsaid
        return event

    def lets_through(self, record: logging.LogRecord) -> bool:
        """One of a library's."""
        return self._count((record.name, "")) is not None

    def _count(self, kind: tuple[str, str]) -> int | None:
        """How many of its kind were not written before it; None where it is not to be either."""
        now = self.clock()
        window = self.windows.get(kind)
        unsaid = 0
        if window is None or now >= window.ends:
            unsaid = window.unsaid if window else 0
            window = self.windows[kind] = _Window(now + SECONDS)
        if window.lines >= LINES:
            window.unsaid += 1
            return None
        window.lines += 1
        return unsaid


class _Foreign(logging.Formatter):
    """A library's record as a line of ours."""

    def __init__(self, line: Processor) -> None:
        super().__init__()
        self._line = line

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"event": record.getMessage(), "logger": record.name}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return str(self._line(None, record.levelname.lower(), event))


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
