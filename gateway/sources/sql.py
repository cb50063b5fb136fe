"""Accounts from a firm's own database: asked in one transaction that may only read, within a time.

The operator's query is the whole interface: what it selects, and as whom, is said where it is configured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from gateway.core.roster import KEYS, SERVICE_KEYS
from gateway.core.sourced import Roster
from gateway.ports import Unavailable
from gateway.sources.hearing import Hearing

CONNECT_SECONDS = 5
ROWS = 1_000
"""So many are fetched at a time."""
CHARACTERS = 300
"""Of a driver's words, on one line."""
ADDRESS_KEYS = ("code", "address")

_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql", "mssql": "pyodbc"}
_CONNECT: dict[str, dict[str, Any]] = {
    "psycopg": {"connect_timeout": CONNECT_SECONDS, "application_name": "gateway"},
    "pymysql": {"connect_timeout": CONNECT_SECONDS},
    "pyodbc": {"timeout": CONNECT_SECONDS},
}
_BEGIN = {
    "postgresql": (
        "SET statement_timeout = {ms}",
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",  # all queries see one moment
    ),
    "mysql": ("SET SESSION max_execution_time = {ms}", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
    "mariadb": ("SET SESSION max_statement_time = {s}", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
    "sqlite": ("PRAGMA query_only = ON", "BEGIN"),
    "mssql": ("SET LOCK_TIMEOUT {ms}", "BEGIN TRANSACTION"),  # it has no other word for reading only than the role's
}


@dataclass(frozen=True, slots=True)
class SqlSettings:
    """Which database, and what it is asked. `password` is read anew for each round."""

    name: str
    url: str
    query: str
    secondary_query: str
    services_query: str
    seconds: float
    password: Callable[[], str]
    folder: Path


class Sql:
    """ports.Source of a database."""

    kind = "sql"

    def __init__(self, settings: SqlSettings) -> None:
        """Raises ValueError where there is no driver."""
        self.name = settings.name
        self._settings = settings
        self._given_up = threading.Event()
        self._cancel: Callable[[], None] | None = None
        self._url = _with_driver(make_url(settings.url))
        try:
            self._engine("").dispose()
        except (ModuleNotFoundError, NoSuchModuleError) as fault:
            driver = self._url.get_driver_name()
            raise ValueError(f"{self._url.drivername}: its driver is not here; pip install {driver}") from fault

    def fetch(self, known: str) -> Roster | None:
        """All that its queries select; None where that is what is `known`. Raises Unavailable."""
        said = self._settings
        of, password = f"source {said.name}", ""
        try:
            password = said.password()
            with Hearing(of, said.folder, said.seconds, self._given_up) as hearing:
                try:
                    with self._engine(password).connect() as connection:
                        self._begin(connection, hearing)
                        return self._heard(connection, hearing, known)
                except DBAPIError:
                    hearing.patience()  # what was cut short is told as such
                    raise
        except DBAPIError as fault:
            raise Unavailable(f"{of}: {_words(fault, password)}") from fault
        except OSError as fault:
            raise Unavailable(f"{of}: {fault.filename or ''}: {fault.strerror or fault}") from fault
        finally:
            self._cancel = None

    def give_up(self) -> None:
        """Nobody waits any more; from another thread."""
        self._given_up.set()
        if (cancel := self._cancel) is not None:
            cancel()

    def _engine(self, password: str) -> Engine:
        url = self._url.set(password=password) if password else self._url
        arguments = {**_CONNECT.get(url.get_driver_name(), {})}
        if url.get_backend_name() == "sqlite":  # a file that is not there is not made
            url = url.set(database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)

    def _begin(self, connection: Connection, hearing: Hearing) -> None:
        connection.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)  # we say BEGIN; a % is a %
        name = connection.dialect.name
        if getattr(connection.dialect, "is_mariadb", False):
            name = "mariadb"
        driver: Any = connection.connection.driver_connection
        if name == "sqlite":
            driver.set_progress_handler(lambda: hearing.over, 10_000)
        elif name == "postgresql":
            self._cancel = driver.cancel
        for words in _BEGIN[name]:
            connection.exec_driver_sql(words.format(ms=int(hearing.left * 1000), s=int(hearing.left)))

    def _heard(self, connection: Connection, hearing: Hearing, known: str) -> Roster | None:
        said = self._settings
        beside: dict[str, dict[str, list[Any]]] = {}
        columns: tuple[str, ...]
        for key, query, columns, read in (
            ("secondary", said.secondary_query, ADDRESS_KEYS, _address),
            ("services", said.services_query, ("code", *SERVICE_KEYS), _service),
        ):
            if query:
                rows = beside[key] = {}
                with _Asked(connection, query) as asked:
                    if wrong := asked.unlike(columns):
                        return hearing.refused(f"{key}_query", wrong, f"SELECT {', '.join(columns)}")
                    for one in asked:
                        hearing.beside()
                        if one["code"] is None:  # or they were those of an account called None
                            return hearing.refused(f"{key}_query", "has a row whose code is NULL", "the account's code")
                        rows.setdefault(str(one["code"]).strip(), []).append(read(one))
        columns = tuple(key for key in KEYS if key not in beside)
        with _Asked(connection, said.query) as asked:
            if wrong := asked.unlike(columns):
                return hearing.refused("query", wrong, f"SELECT {', '.join(columns)}")
            for one in asked:
                code = str(one["code"]).strip()
                hearing.add(one | {key: rows.get(code, []) for key, rows in beside.items()})
        return hearing.answer(known)


class _Asked:
    """What a query selects, row by row; the names of its columns in small letters."""

    def __init__(self, connection: Connection, query: str) -> None:
        self._rows = connection.execution_options(stream_results=True, yield_per=ROWS).exec_driver_sql(query)
        names = self._rows.keys() if self._rows.returns_rows else ()  # a comment alone, or a PRAGMA, selects nothing
        self._names = [name.lower() for name in names]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def unlike(self, columns: tuple[str, ...]) -> str:
        """What is wrong with its columns; "" where nothing is."""
        for one in columns:
            if one not in self._names:
                return f"selects no column {one}"
        odd = [one for one in self._names if one not in columns or self._names.count(one) > 1]
        return f"selects a column {odd[0]} too many" if odd else ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for one in self._rows:
            yield {name: _plain(value) for name, value in zip(self._names, one, strict=True)}


def _address(one: dict[str, Any]) -> object:
    return one["address"]


def _service(one: dict[str, Any]) -> object:
    return {key: one[key] for key in SERVICE_KEYS}


def _plain(value: object) -> object:
    """A value as a file could say it. What no driver gives for text is no text here either, and refused as such."""
    match value:
        case None | bool() | int() | str() | dict():
            return value
        case list() | tuple():
            return [_plain(one) for one in value]
        case bytes() | bytearray() | memoryview():
            return _text(bytes(value))
        case _:
            return str(value)  # a UUID, a Decimal, an enum of the driver's


def _text(octets: bytes) -> object:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return {"octets": len(octets)}


def _with_driver(url: URL) -> URL:
    driver = _DRIVERS.get(url.drivername)
    return url.set(drivername=f"{url.drivername}+{driver}") if driver else url


def _words(fault: DBAPIError, password: str) -> str:
    """In the server's first words, which may name a column; without what we have sent to be let in."""
    said = getattr(getattr(fault.orig, "diag", None), "message_primary", None) or str(fault.orig)
    words = " ".join(said.split())[:CHARACTERS]
    return words.replace(password, "[withheld]") if password else words
