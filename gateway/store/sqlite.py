"""SQLite: one private file, one writer at a time, and look-ups that are quicker than a change of threads."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL

from gateway.ports import Unavailable

BUSY_WRITE_MS = 5_000
"""How long a writer waits for another process's transaction before it gives up with a 451."""
BUSY_READ_MS = 200
"""A look-up in the loop's thread waits no longer than this for a lock."""
WRITING = "BEGIN IMMEDIATE"
"""How a transaction begins that writes."""
RESTORING = ".restoring"
"""Behind the name of a file: what a restore makes of it, until it is whole."""


class Sqlite:
    """Implements `database.Kind`."""

    near = True
    fault: type[Exception] = sqlite3.OperationalError
    """What the driver itself raises, at the first words on a new connection."""

    def __init__(self, url: URL, _password: str) -> None:
        self.path: Path | None = Path(url.database or "")
        self.name = str(self.path)
        self._file = Path(url.database or "")
        self._opened = (0, 0)
        """Which file it is, whatever its name: device and inode."""

    def engine(self) -> Engine:
        """The file and its folder are made when missing, for our eyes only. Raises Unavailable."""
        half = Path(f"{os.path.realpath(self._file)}{RESTORING}")
        if not self._file.exists() and half.exists():  # what it would take in has no accounts, and no place afterwards
            raise Unavailable(f"database {self.name}: {half.name} is there: it is being restored, or that was cut off")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            number = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)  # before SQLite would, with its own mode
        except OSError as fault:
            raise Unavailable(f"database {self.name}: {fault.strerror}") from fault
        self._opened = _which(os.fstat(number))
        os.close(number)
        name = quote(os.fsencode(self._file.absolute()))
        url = URL.create("sqlite", database=f"file:{name}", query={"mode": "rw", "uri": "true"})  # makes no file
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"check_same_thread": False})
        event.listen(engine, "do_connect", lambda *_: self._same())
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", self._begin)
        return engine

    def trouble(self) -> str:
        """What is wrong with the file under its name, or nothing.

        One that was taken away is written to all the same, and a 250 for what is in it is a promise about no file (I3);
        one put in its place would be read with the journal of the other.
        """
        try:
            same = _which(self._file.stat()) == self._opened
        except OSError as fault:
            return f"database {self.name}: its file was taken away: {fault.strerror}"
        return "" if same else f"database {self.name}: another file was put in its place"

    def _same(self) -> None:
        if trouble := self.trouble():
            raise Unavailable(trouble)

    def _begin(self, connection: Connection) -> None:
        begin = connection.get_execution_options().get("begin", WRITING)
        if begin == WRITING:
            self._same()
        if begin:
            connection.exec_driver_sql(begin)

    @staticmethod
    def looking(connection: Connection) -> None:
        """A connection for look-ups alone."""
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_READ_MS}")
        connection.exec_driver_sql("PRAGMA query_only = ON")

    @staticmethod
    def writing(connection: Connection) -> None:
        """A connection of the writer: as any."""

    def remake(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        """SQLite sees no table made anew, but one dropped to which all that refers to it clings: so it looks later."""
        connection.execution_options(begin="")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # does nothing within a transaction
        connection.commit()
        connection.execution_options(begin=WRITING)
        with connection.begin():
            work(connection)
            if lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise Unavailable(f"database {self.name}: a row of {lost.table} refers to no {lost.parent}")

    def compact(self, connection: Connection) -> None:
        """Write the file anew and empty its journal. It wants the size of the database on disk once more."""
        connection.exec_driver_sql("VACUUM")
        if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
            raise Unavailable(f"database {self.name}: somebody reads what its journal still holds")

    @staticmethod
    def require(_engine: Engine) -> None:
        """Nothing: a file is nobody else's."""

    @staticmethod
    def doubts(_connection: Connection) -> Iterator[str]:
        """None: how it is opened is ours to say."""
        yield from ()


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


def _which(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino
