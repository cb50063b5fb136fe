"""Statements on the way of a message: SQLAlchemy writes each once for a dialect, the driver is then given it directly.

`Connection.execute()` costs ten times what SQLite takes for a row. The Core statement stays the one source: its SQL,
the places of its parameters and the conversions of its types are SQLAlchemy's, and so are the names of faults.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]
NOTHING: Values = {}


class Prepared:
    """One statement. `lists` are the parameters that stand for several values."""

    def __init__(self, statement: Any, *lists: str) -> None:
        self._statement = statement
        self._lists = lists
        self._written: dict[tuple[object, ...], _Written] = {}

    def run(self, connection: Connection, values: Values = NOTHING) -> int:
        """Change something; the number of rows that it changed."""
        return self._execute(connection, values)[0]

    def rows(self, connection: Connection, values: Values = NOTHING) -> list[Any]:
        """All that is found, its columns by their names."""
        return self._execute(connection, values)[1]

    def first(self, connection: Connection, values: Values = NOTHING) -> Any | None:
        """The first that is found."""
        return next(iter(self.rows(connection, values)), None)

    def scalars(self, connection: Connection, values: Values = NOTHING) -> list[Any]:
        """The first column of all that is found."""
        return [row[0] for row in self.rows(connection, values)]

    def _execute(self, connection: Connection, values: Values) -> tuple[int, list[Any]]:
        dialect = connection.dialect
        shape = (dialect.name, *values, *(len(values[name]) for name in self._lists))
        written = self._written.get(shape)
        if written is None:
            written = self._written[shape] = _write(self._statement, dialect, values)
        if self._lists:
            values = {**values, **{f"{name}_{n}": one for name in self._lists for n, one in enumerate(values[name], 1)}}
        driver: Any = connection.connection.driver_connection  # both sqlite3's and psycopg's have execute()
        try:
            cursor = driver.execute(written.sql, written.parameters(values))
            return cursor.rowcount, list(map(written.row, cursor.fetchall())) if cursor.description else []
        except dialect.loaded_dbapi.Error as fault:
            raise DBAPIError.instance(
                written.sql, None, fault, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
            ) from fault  # one name for a fault, whoever met it


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement for one dialect, one set of parameters and one length of each list."""

    sql: str
    places: tuple[str, ...]
    positional: bool
    constants: Values
    """What the statement itself holds."""
    takes: tuple[tuple[str, Convert], ...]
    gives: tuple[tuple[int, Convert], ...]
    named: Callable[[Any], Any]

    def parameters(self, values: Values) -> Any:
        if self.constants or self.takes:
            values = given = {**self.constants, **values}
            for name, convert in self.takes:
                given[name] = convert(given[name])
        if self.positional:
            return list(map(values.__getitem__, self.places))
        return {name: values[name] for name in self.places}

    def row(self, found: Any) -> Any:
        if self.gives:
            found = list(found)
            for place, convert in self.gives:
                found[place] = convert(found[place])
        return self.named(found)


def _write(statement: Any, dialect: Dialect, values: Values) -> _Written:
    compiled = statement.compile(dialect=dialect, column_keys=list(values))
    state = compiled.construct_expanded_state(dict(values))
    columns = list(getattr(statement, "exported_columns", ()))  # of a SELECT, or what is RETURNING
    of_lists = {place: name for name, places in state.parameter_expansion.items() for place in places}
    takes = ((place, compiled.binds[of_lists.get(place, place)].type) for place in state.parameters)
    gives = ((place, column.type) for place, column in enumerate(columns))
    names = [str(column.key) for column in columns]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc] # noqa: PYI024 - known only here
    return _Written(
        sql=state.statement,
        places=tuple(state.positiontup or state.parameters),
        positional=bool(compiled.positional),
        constants={name: value for name, value in state.parameters.items() if name not in {*values, *of_lists}},
        takes=tuple((place, how) for place, of in takes if (how := of.dialect_impl(dialect).bind_processor(dialect))),
        gives=tuple(
            (place, how) for place, of in gives if (how := of.dialect_impl(dialect).result_processor(dialect, None))
        ),
        named=row._make,
    )
