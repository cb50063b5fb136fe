"""What SQLite and PostgreSQL say differently, each difference once: the rest of the store is written for both.

SQLite has one writer at a time, PostgreSQL many. So whoever looks and then writes names, by `serialise()`, what it
looked at; and whoever writes over everything asks to be `alone()`. On SQLite both hold by themselves. Decision 0035.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Dialect,
    Integer,
    String,
    Table,
    bindparam,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT is written down for SQLite too
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias

from gateway.store.prepared import Prepared

__all__ = [
    "Contains",
    "Like",
    "Overdue",
    "alone",
    "elements",
    "extent",
    "measured",
    "member",
    "notify",
    "patient",
    "refuse",
    "renumber",
]
__all__ += ["serialise", "share", "storable", "upsert", "within"]

POSTGRESQL = "postgresql"
QUERY_CANCELED = "57014"
STEPS = 10_000
"""So many of SQLite's instructions, some 0.2 ms, lie between two looks at the clock."""
EVERYTHING = 0x67617465776179
"""The lock that each transaction shares and that whoever is alone has to itself; of names the lock is a hash."""

_UNFIT = re.compile("[\0\ud800-\udfff]")
_key = bindparam("key", type_=BigInteger)
_share = Prepared(select(func.pg_advisory_xact_lock_shared(_key)))
_lock = Prepared(select(func.pg_advisory_xact_lock(_key)))
_notify = Prepared(select(func.pg_notify("outbox", "")))


def serialise(connection: Connection, *names: object) -> None:
    """Until the end of the transaction nobody else is past this with the same names.

    What is looked at from here on is what the one before has committed.
    """
    if connection.dialect.name == POSTGRESQL:
        digest = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
        _lock.run(connection, {"key": int.from_bytes(digest[:8], signed=True)})


def share(connection: Connection) -> None:
    """Until the end of the transaction nobody is alone; others may share."""
    if connection.dialect.name == POSTGRESQL:
        _share.run(connection, {"key": EVERYTHING})


def alone(connection: Connection) -> None:
    """Until the end of the transaction nobody else writes; what others wrote is there to be seen."""
    if connection.dialect.name == POSTGRESQL:
        _lock.run(connection, {"key": EVERYTHING})


def patient(connection: Connection) -> None:
    """Until its end the transaction may be silent for as long as it likes: a server ends others (`postgresql.py`)."""
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def notify(connection: Connection) -> None:
    """With the commit every gateway hears that there is a letter to send; of a file only one could."""
    if connection.dialect.name == POSTGRESQL:
        _notify.run(connection)


def measured(connection: Connection, *tables: str) -> None:
    """Tell the planner how large these tables have become: PostgreSQL takes new ones for small, and is slow."""
    if connection.dialect.name == POSTGRESQL:
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table}")


def extent(connection: Connection) -> tuple[int, int]:
    """Octets of the database, and how many are known to be free for what comes: it does not shrink by itself."""
    if connection.dialect.name == POSTGRESQL:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()), 0
    pages, free, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return pages * size, free * size


def renumber(connection: Connection, table: Table) -> None:
    """What is inserted without a number from now on comes after all that there is: SQLite counts by itself."""
    if connection.dialect.name == POSTGRESQL and (column := table.autoincrement_column) is not None:
        sequence = select(func.pg_get_serial_sequence(table.name, column.name)).scalar_subquery()
        connection.execute(select(func.setval(sequence, func.coalesce(func.max(column), 0) + 1, false())))


def storable(dialect: Dialect, value: Any) -> Any:
    """A value, of JSON too, in words that can be kept: PostgreSQL's have no NUL, no surrogate. Nor has mail."""
    if dialect.name != POSTGRESQL:
        return value
    match value:
        case str():
            return _UNFIT.sub("\ufffd", value)
        case list():
            return [storable(dialect, one) for one in value]
        case dict():
            return {_UNFIT.sub("\ufffd", name): storable(dialect, one) for name, one in value.items()}
    return value


def refuse(  # noqa: PLR0913, PLR0917 - a trigger's parts
    connection: Connection, name: str, event: str, table: str, condition: str, words: str
) -> None:
    """Make a trigger: an `event` on a row of the table, where the condition is true, is an IntegrityError."""
    if connection.dialect.name != POSTGRESQL:
        body = f"BEGIN SELECT raise(abort, '{words}'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} {body}")
        return
    raising = f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'"
    body = f"BEGIN IF {condition} THEN {raising}; END IF; RETURN NEW; END"  # its WHEN may not look into tables
    connection.exec_driver_sql(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    connection.exec_driver_sql(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
    if event == "delete":  # which TRUNCATE is not
        when = f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        connection.exec_driver_sql(f"CREATE TRIGGER {name}_all {when} EXECUTE FUNCTION {name}()")


class Overdue(Exception):  # noqa: N818 - a state of a search
    """What was asked took too long and was stopped; what was asked before holds."""


@contextmanager
def within(connection: Connection, seconds: float) -> Iterator[None]:
    """What is asked in here takes so long at most. Raises Overdue."""
    if seconds <= 0:
        raise Overdue
    try:
        with connection.begin_nested(), _stopping(connection, seconds):
            yield
    except DBAPIError as fault:
        stopped = getattr(fault.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"
        if stopped or getattr(fault.orig, "sqlstate", None) == QUERY_CANCELED:
            raise Overdue from fault
        raise


@contextmanager
def _stopping(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name == POSTGRESQL:
        before = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(int(seconds * 1000), 1)}")
        yield
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{before}'")
        return
    driver: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def elements(array: ColumnElement[Any]) -> TableValuedAlias:
    """The elements of a JSON array, as rows with one column: `value`."""
    return _Elements(array).table_valued("value")


def member(value: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """A member of a JSON object as text, null where there is none."""
    return value.op("->>", return_type=String())(literal(name, String))


class _Elements(FunctionElement[Any]):
    name = "elements"
    inherit_cache = True


@compiles(_Elements)
def _elements(element: _Elements, compiler: SQLCompiler, **how: Any) -> str:
    function = "json_array_elements" if compiler.dialect.name == POSTGRESQL else "json_each"
    return f"{function}({compiler.process(element.clauses, **how)})"


class Contains(FunctionElement[int]):
    """`Contains(text, part)`: from which character on, counted from 1; 0 where it does not."""

    type = Integer()
    name = "contains"
    inherit_cache = True


@compiles(Contains)
def _contains(element: Contains, compiler: SQLCompiler, **how: Any) -> str:
    function = "strpos" if compiler.dialect.name == POSTGRESQL else "instr"
    return f"{function}({compiler.process(element.clauses, **how)})"


class Like(FunctionElement[bool]):
    """`Like(text, pattern)` whatever the case, with a backslash before what is to be taken as it is.

    SQLite's LIKE folds ASCII alone, and takes a quarter of the time of `lower()`.
    """

    type = Boolean()
    name = "like"
    inherit_cache = True


@compiles(Like)
def _like(element: Like, compiler: SQLCompiler, **how: Any) -> str:
    text, pattern = (compiler.process(one, **how) for one in element.clauses)
    operator = "ILIKE" if compiler.dialect.name == POSTGRESQL else "LIKE"
    return f"({text} {operator} {pattern} ESCAPE '\\')"
