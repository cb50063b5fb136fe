"""Robust: every message of the collection goes through without a fall, none takes long, each comes back as it was."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

import house
from gateway.core.message import Malformed
from gateway.core.parse import parse

LONGEST_MS = 250


def report(corpus: Path) -> list[str]:
    """Falls, times and bytes, over every .eml there is."""
    mails = {path.relative_to(corpus): path.read_bytes() for path in sorted(corpus.rglob("*.eml"))}
    times, fallen = {}, []
    for path, raw in mails.items():
        start = time.process_time()
        parsed = parse(raw)
        times[path] = (time.process_time() - start) * 1000
        if isinstance(parsed, Malformed) and parsed.detail.startswith("parsing failed"):
            fallen.append(path)
    slowest = max(times, key=times.__getitem__)
    slow = [path for path, took in times.items() if took > LONGEST_MS]
    changed = list(_changed(mails))
    return [
        f"## Robust: {len(mails)} messages",
        f"{'parsing fell':24} {len(fallen)}",
        f"{f'over {LONGEST_MS} ms of CPU':24} {len(slow)}, the slowest {times[slowest]:.0f} ms ({slowest})",
        f"{'not as they came':24} {len(changed)}",
        *(f"  miss {path}" for path in [*fallen, *slow, *changed]),
    ]


def _changed(mails: dict[Path, bytes]) -> Iterator[Path]:
    """Through the stations into a real database, and read back."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory() as folder, house.gateway(folder) as gateway:
        for path, raw in mails.items():
            receipt = asyncio.run(gateway.receive(raw))
            if gateway.raw(receipt.id) != raw:
                yield path
