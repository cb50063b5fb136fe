"""Statements on the way of a message: SQLAlchemy writes each once for a dialect, the driver is then given it directly.

`Connection.execute()` costs ten times what SQLite takes for a row. The Core statement stays the one source: its SQL,
the places of its parameters and the conversions of its types are SQLAlchemy's, and so are the names of faults.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]
NOTHING: Values = {}


class Prepared:
    """One statement. `lists` are the parameters that stand for several values."""

    def __init__(self, statement: Any, *lists: str) -> None:
        if isinstance(statement, Insert) and not statement.exported_columns:
            statement = statement.inline()  # PostgreSQL would be asked for the key as well
        self._statement = statement
        self._lists = lists
        self._written: dict[tuple[object, ...], _Written] = {}

    def run(self, connection: Connection, values: Values = NOTHING) -> None:
        """Change something. Whoever wants to know what was changed has it RETURNING, and asks for `rows()`."""
        self._execute(connection, values, asks=False)

    def rows(self, connection: Connection, values: Values = NOTHING) -> list[Any]:
        """All that is found, its columns by their names."""
        written, found = self._execute(connection, values)
        return [written.named(written.converted(row)) for row in found]

    def first(self, connection: Connection, values: Values = NOTHING) -> Any | None:
        """The first that is found."""
        return next(iter(self.rows(connection, values)), None)

    def scalars(self, connection: Connection, values: Values = NOTHING) -> list[Any]:
        """The first column of all that is found."""
        written, found = self._execute(connection, values)
        return [written.converted(row)[0] for row in found]

    def each(self, connection: Connection, rows: Sequence[Values]) -> None:
        """The same change with one set of values after the other; all have the same names."""
        written = self._for(connection.dialect, rows[0])
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.cursor().executemany(written.sql, [written.parameters(values) for values in rows])
        except connection.dialect.loaded_dbapi.Error as fault:
            raise translated(connection, driver, fault, written.sql) from fault

    def _execute(self, connection: Connection, values: Values, *, asks: bool = True) -> tuple[_Written, list[Any]]:
        written = self._for(connection.dialect, values)
        driver: Any = connection.connection.dbapi_connection  # both sqlite3's and psycopg's have execute()
        try:
            cursor = driver.execute(written.sql, written.parameters(values))
            return written, cursor.fetchall() if asks else []
        except connection.dialect.loaded_dbapi.Error as fault:
            raise translated(connection, driver, fault, written.sql) from fault

    def _for(self, dialect: Dialect, values: Values) -> _Written:
        shape = (dialect.name, *values, *(len(values[name]) for name in self._lists))
        written = self._written.get(shape)
        if written is None:
            written = self._written[shape] = _write(self._statement, dialect, values)
        return written


def translated(connection: Connection, driver: Any, fault: Any, sql: str = "") -> DBAPIError:
    """A driver's fault by SQLAlchemy's name: one name, whoever met it. A connection that is lost is known as lost."""
    dialect = connection.dialect
    if dialect.is_disconnect(fault, driver, None):
        connection.invalidate(fault)
    error = dialect.loaded_dbapi.Error
    known: DBAPIError = DBAPIError.instance(sql, None, fault, error, hide_parameters=True, dialect=dialect)
    return known


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement for one dialect, one set of parameters and one length of each list."""

    sql: str
    constants: Values
    """What the statement itself holds."""
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    """The names of a list's items."""
    takes: tuple[tuple[str, Convert], ...]
    as_written: Callable[[Values], Any]
    """Values in the order of their places, or by name, as the driver wants them."""
    gives: tuple[tuple[int, Convert], ...]
    named: Callable[[Any], Any]

    def parameters(self, values: Values) -> Any:
        if self.constants or self.lists or self.takes:
            values = given = {**self.constants, **values}
            for name, places in self.lists:
                given.update(zip(places, given[name], strict=True))
            for name, convert in self.takes:
                given[name] = convert(given[name])
        return self.as_written(values)

    def converted(self, found: Any) -> Any:
        if self.gives:
            found = list(found)
            for place, convert in self.gives:
                found[place] = convert(found[place])
        return found


def _write(statement: Any, dialect: Dialect, values: Values) -> _Written:
    compiled = statement.compile(dialect=dialect, column_keys=list(values))
    state = compiled.construct_expanded_state(dict(values))
    columns = list(getattr(statement, "exported_columns", ()))  # of a SELECT, or what is RETURNING
    lists = tuple((name, tuple(places)) for name, places in state.parameter_expansion.items())
    of_lists = {place: name for name, places in lists for place in places}
    takes = ((place, compiled.binds[of_lists.get(place, place)].type) for place in state.parameters)
    gives = ((place, column.type) for place, column in enumerate(columns))
    names = [str(column.key) for column in columns]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc] # noqa: PYI024 - known only here
    return _Written(
        sql=state.statement,
        constants={name: value for name, value in state.parameters.items() if name not in {*values, *of_lists}},
        lists=lists,
        takes=tuple((place, how) for place, of in takes if (how := of.dialect_impl(dialect).bind_processor(dialect))),
        as_written=_in_order(state.positiontup) if state.positiontup is not None else dict,
        gives=tuple(
            (place, how) for place, of in gives if (how := of.dialect_impl(dialect).result_processor(dialect, None))
        ),
        named=row._make,
    )


def _in_order(places: Sequence[str]) -> Callable[[Values], Any]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: [values[name] for name in places]  # of one, itemgetter gives no tuple
