"""What every command stands on: the configuration, the database at the right schema, and who is asking."""

from __future__ import annotations

import getpass
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from gateway import fresh, logbook, opening
from gateway.cli import show
from gateway.cli.owner import become_owner, own_name
from gateway.cli.refused import Refused
from gateway.config import Config, load, locate
from gateway.ports import Unavailable
from gateway.store import blob_sweep, schema
from gateway.store.database import Database
from gateway.store.listing import Window

T = TypeVar("T")
Records = Callable[[Connection], Iterable[dict[str, Any]]]
F = TypeVar("F", bound=Callable[..., Any])

NUMBER = click.IntRange(min=1, max=2**31 - 1)
"""As a database takes it."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass
class Context:
    """Made once a command; opens only what the command asks for."""

    config_file: str | None

    @cached_property
    def config(self) -> Config:
        """The configuration; root owns what it names from then on, and logs as it says. Raises ConfigError."""
        config = load(locate(self.config_file, os.environ))
        _ = self.operator  # who asks, before they become another
        become_owner(config.beside.parent)
        logbook.configure(config)
        return config

    @cached_property
    def database(self) -> Database:
        """The database, migrated where it is ours to migrate. Raises ConfigError, Unavailable, WrongSchema."""
        return self._migrated(opening.open_database(self.config))

    @cached_property
    def seen(self) -> Database:
        """The database as it is, for those who only look: neither made nor migrated; one not there yet is empty."""
        path = self.config.database.path
        if path is not None and not _holds_something(path):
            click.echo(f"gateway: {path} is not there yet, so it is empty; `gateway run` makes it", err=True)
            folder = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="gateway-"))
            return self._migrated(Database(f"sqlite:///{folder}/empty.db").open())
        database = opening.open_database(self.config)
        schema.require(database)
        return database

    @property
    def present(self) -> Database:
        """The same, for those whom an empty one would comfort falsely. Raises Refused where there is none."""
        path = self.config.database.path
        if path is not None and not _holds_something(path):
            raise Refused(f"{path} is not there: correct `database`, or mount its disk", os.EX_UNAVAILABLE)
        return self.seen

    @staticmethod
    def _migrated(database: Database) -> Database:
        schema.migrate(database, fresh.now())
        return database

    @cached_property
    def operator(self) -> str:
        """Who is asking, for the audit: the person behind sudo, if there is one."""
        try:
            return os.environ.get("SUDO_USER") or getpass.getuser()
        except (OSError, KeyError):
            return own_name()

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction; what the store does not find or allow is bad data. Raises Refused, Unavailable."""
        with refusals():
            return self.database.write(work)

    def let_go(self) -> None:
        """Take away the blobs of what was deleted just now; where that cannot be, a sweep of the daemon's does."""
        try:
            blob_sweep.sweep(self.database, fresh.now(), orphans=False)
        except Unavailable as fault:
            click.echo(f"gateway: {fault}: octets outside the database are still there; the next sweep tries", err=True)

    def read(self, query: Callable[[Connection], T]) -> T:
        """One look. Raises Refused, Unavailable."""
        with refusals():
            return self.seen.read(query)

    def show(self, query: Records, columns: Sequence[str], *, json_lines: bool, none: str) -> None:
        """Print a list as it is read; `none` is said of an empty one. Raises Refused, Unavailable."""
        self.read(lambda connection: show.records(query(connection), columns, json_lines=json_lines, none=none))


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the store's LookupError and ValueError into an answer for the operator."""
    try:
        yield
    except UnicodeEncodeError as fault:
        raise Refused("what was asked for is not UTF-8, so nothing of ours is called that") from fault
    except (LookupError, ValueError) as fault:
        raise Refused(str(fault.args[0]) if fault.args else str(fault)) from fault


pass_context = click.make_pass_decorator(Context)


class Moment(click.ParamType[datetime]):
    """`30d`, `24h`, `2026-11-01` or an RFC 3339 time."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment meant, in UTC."""
        if isinstance(value, datetime):
            return value
        if match := re.fullmatch(r"(\d{1,5})([smhdw])", value):
            return fresh.now() - timedelta(seconds=int(match[1]) * _UNITS[match[2]])
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no moment; write 30d, 24h, 2026-11-01 or 2026-11-01T08:00:00Z", param, ctx)


class Within(Moment):
    """As a moment, but that `3d` is in three days."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment meant, in UTC."""
        meant = super().convert(value, param, ctx)
        now = fresh.now()
        return now + (now - meant) if isinstance(value, str) and value[-1:] in _UNITS else meant


class Id(click.ParamType[str]):
    """An id as people write it: small letters, blanks around it."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's signature
        """The id as it is kept."""
        return str(value).strip().upper()


def as_json(command: F) -> F:
    """The option that every command which prints records has."""
    return click.option("--json", "json_lines", is_flag=True, help="Print JSON Lines.")(command)


def windowed(command: F) -> F:
    """The options that narrow a list."""
    command = click.option("--limit", type=NUMBER, metavar="N", help="Only the newest N.")(command)
    return click.option("--since", type=Moment(), metavar="D", help="From 30d, 24h or a date on.")(command)


def window(since: datetime | None, limit: int | None) -> Window:
    """What the options say."""
    return Window(since, limit)
