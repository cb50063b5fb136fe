"""The database: one file or server, opened privately; reads see the last commit, writes are whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from gateway.ports import Unavailable
from gateway.store.blobs import Outside
from gateway.store.counts import gathered
from gateway.store.sqlite import Sqlite

T = TypeVar("T")
Connect = Callable[[], AbstractContextManager[Connection]]

CHARACTERS = 300
"""Of a driver's words, on one line."""
CROSSED = frozenset({"40001", "40P01", "26000"})
"""serialization_failure and deadlock_detected: PostgreSQL undid one of two that stood in each other's way. And
invalid_sql_statement_name: psycopg takes a statement for prepared that it sent in a pipeline behind one that failed."""


class Crossed(Unavailable):
    """Nothing was done, for a reason that has gone with the connection; the same again may go well at once."""


class Superseded(Unavailable):
    """Another gateway has the lease: this piece of work wrote nothing, and whoever wanted it has to stop."""


class Outdated(Unavailable):
    """What was decided stands on something that has changed since: this piece of work wrote nothing; decide anew."""


class Unfit(Unavailable):
    """What this piece of work would write the database cannot hold, as behind the end of a sequence; others go well."""


class Kind(Protocol):
    """What is different between a file and a server."""

    name: str
    """As it is told: of a server without a password."""
    path: Path | None
    """The file, if it is one."""
    near: bool
    """Look-ups are quicker than a change of threads."""
    fault: type[Exception]
    """What the driver raises where SQLAlchemy does not stand between."""

    def engine(self) -> Engine:
        """Made ready. Raises Unavailable."""

    def require(self, engine: Engine) -> None:
        """See Database.require."""

    def trouble(self) -> str:
        """See Database.trouble."""

    def looking(self, connection: Connection) -> None:
        """Make a connection one for look-ups alone."""

    def writing(self, connection: Connection) -> None:
        """Make a connection the daemon's writer's, beside other gateways'."""

    def remake(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        """See Database.remake."""

    def compact(self, connection: Connection) -> None:
        """See Database.compact."""

    def doubts(self, connection: Connection) -> Iterator[str]:
        """What `check` warns of."""


def _server(url: URL, password: str) -> Kind:
    from gateway.store.postgresql import Postgresql  # noqa: PLC0415 - its driver is a tenth of a second, not a file's

    return Postgresql(url, password)


_KINDS: dict[str, Callable[[URL, str], Kind]] = {"sqlite": Sqlite, "postgresql": _server}


class Database:
    """An open database. Raises Unavailable wherever it cannot answer now."""

    def __init__(self, url: str, outside: Outside | None = None, password: str = "") -> None:
        """`url` is `sqlite:///FILE`, made when missing, for our eyes only, or `postgresql://USER@HOST/NAME`."""
        self.url = make_url(url)
        self.outside = outside
        kind = _KINDS.get(self.url.get_backend_name())
        if kind is None:
            raise ValueError(f"{self.url.drivername}: it is sqlite:///FILE or postgresql://USER@HOST/NAME")
        self.kind = kind(self.url, password)
        self._engine: Engine | None = None

    def __str__(self) -> str:
        return self.kind.name

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        return self.kind.path

    def open(self) -> Database:
        """Make the file private and the engine ready. Raises Unavailable where the path cannot be used."""
        self._engine = self.kind.engine()
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

    def require(self) -> None:
        """Raise Unavailable where a daemon could not rely on it, however well it answers."""
        with self.asking():
            self.kind.require(self.engine)

    def trouble(self) -> str:
        """What can be seen to be wrong without asking it, or nothing."""
        return self.kind.trouble()

    def read(self, query: Callable[[Connection], T]) -> T:
        """One look at the last commit, the same throughout."""
        with self.connect() as connection:
            return query(connection.execution_options(begin="BEGIN"))

    def glance(self, query: Callable[[Connection], T]) -> T:
        """The same, by a connection that waits no longer than a look-up does."""
        with self.asking(), closing(self.looking()) as connection:
            connection.commit()
            return query(connection.execution_options(begin="BEGIN"))

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction, and no other beside it: all of it or nothing."""
        with self.connect() as connection, connection.begin(), gathered(connection):
            return work(connection)

    def remake(self, work: Callable[[Connection], None]) -> None:
        """One transaction that may make tables anew. Raises Unavailable where a row would refer to none at its end."""
        with self.connect() as connection:
            self.kind.remake(connection, work)

    def compact(self) -> None:
        """Write it anew, so that nothing is left of what was deleted. Raises Unavailable.

        It wants its size on disk once more, and other writers wait, or are unavailable, meanwhile.
        """
        with self.connect() as connection:
            self.kind.compact(connection.execution_options(begin=""))

    def looking(self) -> Connection:
        """A connection to keep: each look-up sees the last commit, and none writes. Wants `asking()` around it."""
        connection = self.engine.connect().execution_options(begin="")
        self.kind.looking(connection)
        return connection

    def writing(self) -> Connection:
        """A connection to keep for what the daemon writes, beside others. Wants `asking()` around it."""
        connection = self.engine.connect()
        self.kind.writing(connection)
        return connection

    @property
    def engine(self) -> Engine:
        """The engine of an open database."""
        if self._engine is None:
            raise Unavailable(f"database {self} is not open")
        return self._engine

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Turn the driver's complaints into the third answer of a look-up (I9)."""
        try:
            yield
        except DBAPIError as fault:
            if isinstance(fault, IntegrityError):
                raise
            raise self._unavailable(fault.orig, Unfit if isinstance(fault, DataError) else Unavailable) from fault
        except self.kind.fault as fault:
            raise self._unavailable(fault) from fault

    def _unavailable(self, fault: BaseException | None, how: type[Unavailable] = Unavailable) -> Unavailable:
        """In the server's first words: what follows them may quote a letter."""
        words = getattr(getattr(fault, "diag", None), "message_primary", None) or str(fault)
        if getattr(fault, "sqlstate", None) in CROSSED:
            how = Crossed
        return how(f"database {self}: {' '.join(words.split())[:CHARACTERS]}")
