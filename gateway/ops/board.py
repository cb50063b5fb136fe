"""The board: how each ingress stands, kept in a file that `gateway status` reads; written at most once a second."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from gateway.core.standing import Standing
from gateway.core.times import moment, stamp

SECONDS = 1.0
"""Between two looks at what has changed."""
HEARTBEAT = 30
"""Looks after which the file is written though nothing has changed: one that is old tells of a daemon that hangs."""
OCTETS = 2**20
"""Of the file, as far as it is read."""

log = structlog.get_logger()


class Board:
    """ports.Board, and the task that writes it down. One for a process."""

    def __init__(self, path: Path, now: Callable[[], datetime], standings: Iterable[Standing] = ()) -> None:
        self._path = path
        self._now = now
        self._standings = {one.ingress: one for one in standings}
        self._changed = True

    def stands(self, standing: Standing) -> None:
        """It stands like this from now on."""
        self._standings[standing.ingress] = standing
        self._changed = True

    def heard(self, ingress: str, trouble: str = "") -> None:
        """A listener took a message in, or put one off."""
        if (one := self._standings.get(ingress)) is None or one.kind == "imap":  # a mailbox tells of itself
            return
        success = one.last_success if trouble else self._now()
        self.stands(replace(one, last_success=success, last_error=trouble))

    async def run(self) -> None:
        """Write what has changed, until cancelled."""
        looks = 0
        while True:
            if self._changed or looks >= HEARTBEAT:
                self._changed, looks = False, 0
                self._write()
            await asyncio.sleep(SECONDS)
            looks += 1

    def _write(self) -> None:
        """Whole or not at all, for our eyes only (threats rule 17)."""
        record = {"at": stamp(self._now()), "ingresses": [_written(one) for one in self._standings.values()]}
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(record, file)
            beside.replace(self._path)
        except OSError as fault:  # nothing that it tells of depends on it
            log.warning("status.unwritten", why=str(fault))


def status_file(database: Path) -> Path:
    """Where the daemon of this database writes how its ingresses stand."""
    return database.with_name(f"{database.name}.status")


def read(path: Path) -> tuple[datetime, tuple[Standing, ...]]:
    """When the file was written, and what it says. Raises OSError, ValueError."""
    with path.open() as file:
        record = json.loads(file.read(OCTETS))
    try:
        return moment(record["at"]), tuple(_read(one) for one in record["ingresses"])
    except (KeyError, TypeError) as fault:
        raise ValueError(f"{path} is not what this gateway writes") from fault


_MOMENTS = frozenset({"since", "last_success", "oldest_unread", "next_try"})
_NAMES = tuple(field.name for field in fields(Standing))


def _written(standing: Standing) -> dict[str, Any]:
    values = ((name, getattr(standing, name)) for name in _NAMES)
    return {name: stamp(value) if name in _MOMENTS and value else value for name, value in values}


def _read(record: dict[str, Any]) -> Standing:
    values: dict[str, Any] = dict(record)
    return Standing(**values | {name: moment(values[name]) for name in _MOMENTS if values[name]})
