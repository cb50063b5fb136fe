"""How the figures are written: Markdown on stdout, to be laid into docs/performance.md, and whose figures they are."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from statistics import median


def say(*lines: str) -> None:
    """To whoever waits."""
    print(*lines, sep="\n", flush=True)  # noqa: T201 - it is a program


def table(*head: object, rows: Iterable[Sequence[object]]) -> None:
    """A table with an empty line in front."""
    say("", row(*head), row(*["---"] * len(head)), *(row(*cells) for cells in rows))


def row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def times(own: Sequence[float], other: Sequence[float]) -> float:
    """How many times the other's figure the own one is: the median over rounds in which both were taken."""
    return median(one / another for one, another in zip(own, other, strict=True))


def machine() -> str:
    """What the figures belong to."""
    busy = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load before the run {busy:.1f}"
    )
