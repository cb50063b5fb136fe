"""The database: one file or server, opened privately; reads see the last commit, writes are whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, IntegrityError

from gateway.ports import Unavailable
from gateway.store.blobs import Outside

T = TypeVar("T")

BUSY_WRITE_MS = 5_000
"""How long a writer waits for another process's transaction before it gives up with a 451."""


class Database:
    """An open database. Raises Unavailable wherever it cannot answer now."""

    def __init__(self, url: str, outside: Outside | None = None) -> None:
        """`url` is `sqlite:///FILE`. The file and its folder are made when missing, for our eyes only."""
        self.url = make_url(url)
        self.outside = outside
        if self.url.get_backend_name() != "sqlite":
            raise ValueError(f"{self.url.drivername}: this version stores in sqlite:///FILE only")
        self.path = Path(self.url.database or "")
        self._engine: Engine | None = None

    def open(self) -> Database:
        """Make the file private and the engine ready. Raises Unavailable where the path cannot be used."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # before SQLite would, with its own mode
        except OSError as fault:
            raise Unavailable(f"database {self.path}: {fault.strerror}") from fault
        self._engine = _sqlite_engine(self.url)
        self._engine.update_execution_options(database=self)  # `blobs.beside()` finds it by any connection
        return self

    def close(self) -> None:
        """Let go of every connection."""
        if self._engine is not None:
            self._engine.dispose()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection of one's own, in autocommit until `begin()`."""
        with self.asking(), self.engine.connect() as connection:
            yield connection

    def read(self, query: Callable[[Connection], T]) -> T:
        """One look at the last commit, the same throughout."""
        with self.connect() as connection:
            return query(connection.execution_options(begin="BEGIN"))

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction: all of it or nothing."""
        with self.connect() as connection, connection.begin():
            return work(connection)

    def remake(self, work: Callable[[Connection], None]) -> None:
        """One transaction that may make tables anew. Raises Unavailable where a row would refer to none at its end.

        SQLite sees no table made anew, but one dropped to which all that refers to it clings: so it looks afterwards.
        """
        with self.connect() as connection:
            connection.execution_options(begin="")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # does nothing within a transaction
            connection.commit()
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                work(connection)
                if lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise Unavailable(f"database {self.path}: a row of {lost.table} refers to no {lost.parent}")

    def compact(self) -> None:
        """Write the file anew and empty its journal, so that nothing is left of what was deleted. Raises Unavailable.

        It wants the size of the database on disk once more, and other writers wait, or are unavailable, meanwhile.
        """
        with self.connect() as connection:
            connection.execution_options(begin="")
            connection.exec_driver_sql("VACUUM")
            if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                raise Unavailable(f"database {self.path}: somebody reads what its journal still holds")

    @property
    def engine(self) -> Engine:
        """The engine of an open database."""
        if self._engine is None:
            raise Unavailable(f"database {self.path} is not open")
        return self._engine

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Turn the driver's complaints into the third answer of a look-up (I9)."""
        try:
            yield
        except DatabaseError as fault:
            if isinstance(fault, IntegrityError):
                raise
            raise Unavailable(f"database {self.path}: {fault.orig}") from fault
        except sqlite3.OperationalError as fault:  # from the PRAGMAs of a new connection
            raise Unavailable(f"database {self.path}: {fault}") from fault


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own lost updates (dependencies.md)
        for pragma in (
            f"busy_timeout = {BUSY_WRITE_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",  # a 250 is on disk (I3)
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased is overwritten
            "temp_store = FILE",  # an import of a million accounts stays out of memory
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if begin := connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"):
            connection.exec_driver_sql(begin)

    return engine


def extent(connection: Connection) -> tuple[int, int]:
    """Octets of the database, and how many of them are free for what comes: the file does not shrink by itself."""
    pages, free, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return pages * size, free * size
