"""The board: how the gateway stands, kept in a file that `gateway status` reads; written at most once a second."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import structlog

from gateway import __version__
from gateway.core.standing import Bound, InForce, Report, Standing
from gateway.core.times import moment, stamp
from gateway.ops.shadow import Shadow

SECONDS = 1.0
"""Between two looks at what has changed."""
HEARTBEAT = 30
"""Looks after which the file is written though nothing has changed: one that is old tells of a daemon that hangs."""
OCTETS = 2**20
"""Of the file, as far as it is read."""

log = structlog.get_logger()

T = TypeVar("T", Standing, InForce, Bound)


class Board:
    """ports.Board, and the task that writes it down. One for a process."""

    def __init__(
        self, path: Path, now: Callable[[], datetime], policy: str = "", standings: Iterable[Standing] = ()
    ) -> None:
        self._path = path
        self._now = now
        self._in_force = InForce(policy, now())
        self._began = self._in_force.since
        self._standings = {one.ingress: one for one in standings}
        self._changed = True
        self.shadow: Shadow | None = None
        """The candidate set of policies that is compared, if one is."""
        self.bounds: Callable[[], tuple[Bound, ...]] = tuple
        self.troubles: Callable[[], tuple[str, ...]] = tuple
        self._told: tuple[object, ...] = ()

    def expect(self, standings: Iterable[Standing]) -> None:
        """Tell of these and no others; of those that are known already, what is known."""
        known = {(one.ingress, one.kind): one for one in self._standings.values()}
        self._standings = {one.ingress: known.get((one.ingress, one.kind), one) for one in standings}
        self._changed = True

    def stands(self, standing: Standing) -> None:
        """It stands like this from now on."""
        if standing.ingress in self._standings:  # or a reload has taken it away
            self._standings[standing.ingress] = standing
            self._changed = True

    def heard(self, ingress: str, trouble: str = "") -> None:
        """A listener took a message in, or put one off."""
        if (one := self._standings.get(ingress)) is None or one.kind == "imap":  # a mailbox tells of itself
            return
        success = one.last_success if trouble else self._now()
        self.stands(replace(one, last_success=success, last_error=trouble))

    def reloaded(self, policy: str) -> None:
        """The policy with this digest is in force."""
        self._in_force = self._in_force.reloaded(policy, self._now())
        self._changed = True

    def refused(self, why: str) -> None:
        """A reload was refused, and what was in force stays so."""
        self._in_force = replace(self._in_force, refused_at=self._now(), refused=why)
        self._changed = True

    def report(self) -> Report:
        """All of it, as it is now."""
        in_force = replace(self._in_force, shadow=str(self.shadow or ""))
        standings = tuple(self._standings.values())
        return Report(
            self._now(), in_force, standings, self.bounds(), self.troubles(), version=__version__, began=self._began
        )

    async def run(self) -> None:
        """Write what has changed, until cancelled."""
        looks = 0
        while True:
            report = self.report()
            telling = (report.troubles, *(one.put_off for one in report.bounds))
            if self._changed or looks >= HEARTBEAT or telling != self._told:
                self._changed, looks, self._told = False, 0, telling
                self._write(report)
            await asyncio.sleep(SECONDS)
            looks += 1

    def _write(self, report: Report) -> None:
        """Whole or not at all, for our eyes only (threats rule 17)."""
        record = {
            "at": stamp(report.at),
            "in_force": _written(report.in_force),
            "ingresses": [_written(one) for one in report.standings],
            "bounds": [_written(one) for one in report.bounds],
            "troubles": report.troubles,
            "version": report.version,
            "began": _when(report.began),
        }
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(record, file)
            beside.replace(self._path)
        except OSError as fault:  # nothing that it tells of depends on it
            log.warning(
                "status.unwritten", why=str(fault), do="make room beside the database; until then `status` is old"
            )


def status_file(database: Path) -> Path:
    """Where the daemon of this database writes how it stands."""
    return database.with_name(f"{database.name}.status")


def read(path: Path) -> Report:
    """What the file says. Raises OSError, ValueError."""
    with path.open() as file:
        record = json.loads(file.read(OCTETS))
    try:
        return Report(
            moment(record["at"]),
            _read(InForce, record["in_force"]),
            tuple(_read(Standing, one) for one in record["ingresses"]),
            tuple(_read(Bound, one) for one in record["bounds"]),
            tuple(record["troubles"]),
            record.get("version", ""),  # a daemon of before says neither
            moment(record["began"]) if record.get("began") else None,
        )
    except (KeyError, TypeError) as fault:
        raise ValueError(f"{path} is not what this gateway writes") from fault


def _when(at: datetime | None) -> str | None:
    return stamp(at) if at else None


_MOMENTS = frozenset({"since", "last_success", "oldest_unread", "next_try", "refused_at"})


def _written(noun: Standing | InForce | Bound) -> dict[str, Any]:
    values = ((one.name, getattr(noun, one.name)) for one in fields(noun))
    return {name: stamp(value) if name in _MOMENTS and value else value for name, value in values}


def _read(kind: type[T], record: Mapping[str, Any]) -> T:
    values: dict[str, Any] = {
        name: moment(value) if name in _MOMENTS and value else value for name, value in record.items()
    }
    return kind(**values)
