"""PostgreSQL: a server, perhaps on another machine and shared; every wait for it has an end, and no word its password.

Each thread that asks or writes keeps a connection of its own, and makes another one when that was lost: so a server
that was restarted is there again without a hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL

from gateway.ports import Unavailable
from gateway.store.dialect import alone, share
from gateway.store.pipeline import leave

CONNECT_SECONDS = 5
SILENCE_SECONDS = 15
"""So long may a server be silent that owes us an acknowledgement before the connection counts as lost."""
LOCK_MS = 5_000
"""So long anybody waits for a lock,"""
LOOK_MS = 5_000
"""a look-up takes,"""
WRITE_MS = 30_000
"""a statement of the writer takes,"""
IDLE_MS = 60_000
"""and a transaction is open without a word: then it is over, and with it what it locked."""
WRITER = "gateway writer"
"""The name of a writer's session: who hangs is found by it (`gateway/store/nodes.py`)."""
WRITING_IDLE_MS = 10_000
"""Of the daemon's writer, which is never so long between two statements: one that hangs keeps nobody from its mail."""

_SESSION = (
    "SET client_encoding = 'UTF8'",
    "SET synchronous_commit = on",  # a 250 is on disk (I3), whatever the server does for others
    f"SET lock_timeout = {LOCK_MS}",
    "SET statement_timeout = 0",  # a migration or an erasure takes what it takes
    f"SET idle_in_transaction_session_timeout = {IDLE_MS}",
)
_REMOTE = "SELECT coalesce(NOT inet_server_addr() <<= ANY ('{127.0.0.0/8,::1}'::inet[]), false)"
_WHICH = "SELECT pg_backend_pid()"
_CONNECT: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": SILENCE_SECONDS,
    "keepalives_interval": CONNECT_SECONDS,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENCE_SECONDS * 1000,
    "application_name": "gateway",
}
"""What an address may say otherwise."""
_BEGIN = {
    "BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ",  # the same throughout
    "BEGIN IMMEDIATE": "BEGIN ISOLATION LEVEL READ COMMITTED",  # who waits for a lock sees what was committed meanwhile
    "BEGIN SHARED": "BEGIN ISOLATION LEVEL READ COMMITTED",
}


class Postgresql:
    """Implements `database.Kind`."""

    near = False
    fault: type[Exception] = psycopg.Error
    path: Path | None = None

    def __init__(self, url: URL, password: str) -> None:
        self.name = url.set(drivername="postgresql", password=None, query={}).render_as_string()
        self._url = url.set(drivername="postgresql+psycopg", password=password or url.password)

    def engine(self) -> Engine:
        """Nothing is asked yet."""
        engine = create_engine(self._url, poolclass=NullPool, hide_parameters=True, connect_args=self._said())
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "before_cursor_execute", leave)
        return engine

    def _prepare(self, connection: psycopg.Connection[Any], _record: object) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":  # another one would refuse mail by its letters
            raise Unavailable(f"database {self.name}: its encoding is {encoding}; make one with --encoding=UTF8")
        connection.execute("; ".join(_SESSION))

    def require(self, engine: Engine) -> None:
        """A session of one's own. Raises Unavailable where a pooler lends one for each transaction."""
        with closing(engine.raw_connection()) as raw, closing(engine.raw_connection()) as beside:
            own: Any = raw.dbapi_connection
            other: Any = beside.dbapi_connection
            before = own.execute(_WHICH).fetchone()
            other.execute("BEGIN")  # in the session that was given back last: ours, if it is not ours
            after = own.execute(_WHICH).fetchone()
            other.execute("ROLLBACK")
        if before != after:
            raise Unavailable(f"database {self.name}: each transaction is given another session")

    async def session(self, engine: Engine) -> psycopg.AsyncConnection[Any]:
        """A connection beside all others, as `nodes.py` wants it. Raises psycopg.Error."""
        _, arguments = engine.dialect.create_connect_args(engine.url)
        return await psycopg.AsyncConnection.connect(**{**arguments, **self._said()})

    def _said(self) -> dict[str, Any]:
        """What the address does not say itself. We say BEGIN ourselves."""
        said = {name: value for name, value in _CONNECT.items() if name not in self._url.query}
        return {"autocommit": True, **said}

    @staticmethod
    def trouble() -> str:
        """Nothing: a server is asked, and answers or not."""
        return ""

    @staticmethod
    def looking(connection: Connection) -> None:
        """A connection for look-ups alone."""
        connection.exec_driver_sql(f"SET statement_timeout = {LOOK_MS}")
        connection.exec_driver_sql("SET default_transaction_read_only = on")

    @staticmethod
    def writing(connection: Connection) -> None:
        """A connection of a writer, beside other gateways' writers."""
        connection.execution_options(begin="")
        connection.exec_driver_sql(f"SET statement_timeout = {WRITE_MS}")
        connection.exec_driver_sql(f"SET idle_in_transaction_session_timeout = {WRITING_IDLE_MS}")
        connection.exec_driver_sql(f"SET application_name = '{WRITER}'")
        connection.commit()
        connection.execution_options(begin="BEGIN SHARED")

    @staticmethod
    def remake(connection: Connection, work: Callable[[Connection], None]) -> None:
        """Here tables are changed in their place."""
        with connection.begin():
            work(connection)

    @staticmethod
    def compact(connection: Connection) -> None:
        """Write the tables anew. Each is locked meanwhile, and wants its size on disk once more."""
        connection.exec_driver_sql("VACUUM (FULL)")

    def doubts(self, connection: Connection) -> Iterator[str]:
        """What an operator wants to know before a power cut, or a stranger in between, tells it."""
        for name in ("fsync", "full_page_writes"):
            if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off":
                yield f"the server's {name} is off: what was said to be kept may be lost with its power"
        if connection.exec_driver_sql(_REMOTE).scalar_one() and not str(self._url.query.get("sslmode")).startswith(
            "verify"
        ):
            yield "it is on another machine and not proved: add ?sslmode=verify-full&sslrootcert=FILE"


def _begin(connection: Connection) -> None:
    level = connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")
    if not level:
        return
    connection.exec_driver_sql(_BEGIN[level])
    if level == "BEGIN IMMEDIATE":
        alone(connection)
    elif level == "BEGIN SHARED":
        share(connection)
