"""A whole installation moves to another database: in one transaction of the target, and verified before its end.

So whoever is killed in between leaves the target as it was, empty, and begins anew. Rows are read in one snapshot of
the source and compared as they stand in the target: how many, and a sum of their digests, which knows no order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    select,
)

from gateway.store import audit, blobs, schema
from gateway.store import tables as t
from gateway.store.database import Database
from gateway.store.dialect import patient, renumber, storable
from gateway.store.tables import metadata

ROWS = 500
"""So many rows are in memory at a time,"""
OCTETS = 4 * 2**20
"""or fewer, of so many octets; one at least."""
BITS = 256

Told = Callable[[int, int], None]
"""How many rows of how many are done; each is written, and looked at on both sides."""
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """What stands in the target now. `lost` are blobs that the source had not, or not as they were."""

    tables: int
    rows: int
    blobs: int
    audit: str
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Of a table: how many rows, and their digests added up."""

    rows: int = 0
    digests: int = 0


def move(source: Database, target: Database, told: Told) -> Moved:
    """Raises ValueError where the target is not empty, or not the same at the end; WrongSchema, Unavailable."""
    schema.require(source)
    target.read(_refuse_what_is_there)
    with source.connect() as connection:
        connection.execution_options(begin="BEGIN")
        with connection.begin():
            patient(connection)  # its snapshot is open while all blobs are copied, and all rows compared
            return _Move(connection, target, told).run(source)


class _Move:
    def __init__(self, source: Connection, target: Database, told: Told) -> None:
        self._source = source
        self._target = target
        self._told = told
        self._done = 0
        counts = (select(func.count()).select_from(table) for table in metadata.sorted_tables)
        self._all = 3 * sum(source.execute(one).scalar_one() for one in counts)

    def run(self, source: Database) -> Moved:
        found = {one.name: one for one in blobs.referred(self._source)}
        lost = tuple(name for name, one in sorted(found.items()) if not _put(source, self._target, one))
        sums = {table: self._sum(self._source, table) for table in metadata.sorted_tables}
        head = audit.head(self._source)
        self._target.remake(partial(self._work, sums, head.hash))
        return Moved(len(sums), sum(one.rows for one in sums.values()), len(found) - len(lost), head.hash, lost)

    def _work(self, sums: dict[Table, Sum], head: str, connection: Connection) -> None:
        patient(connection)
        schema.upgrade(connection)
        _refuse_what_is_there(connection)
        connection.execute(delete(t.keyring))  # an empty database has a key of its own
        for table in metadata.sorted_tables:
            if table not in {t.audit, t.audit_text}:
                into = insert(_written(table))
                for rows in self._batches(table):
                    connection.execute(into, rows)
        self._audit(connection)
        for table, expected in sums.items():
            renumber(connection, table)
            if (here := self._sum(connection, table)) != expected:
                raise ValueError(f"{table.name} is not the same: {expected.rows} rows were read, {here.rows} are there")
        if broken := audit.verify(connection, head).broken:
            raise ValueError(f"the audit is not whole: {broken}")

    def _audit(self, connection: Connection) -> None:
        """As it grew, each act and its words: its triggers let nothing else in."""
        words = chain.from_iterable(self._batches(t.audit_text))
        following = next(words, None)
        for act in chain.from_iterable(self._batches(t.audit)):
            connection.execute(insert(t.audit), act)
            if following is not None and following["audit_id"] == act["id"]:
                connection.execute(insert(t.audit_text), following)
                following = next(words, None)

    def _batches(self, table: Table) -> Iterator[list[Values]]:
        batch: list[Values] = []
        octets = 0
        for row in self._rows(self._source, table):
            batch.append({column.name: _value(column.type, row[column.name]) for column in table.c})
            octets += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
            if len(batch) == ROWS or octets >= OCTETS:
                yield batch
                batch, octets = [], 0
        if batch:
            yield batch

    def _sum(self, connection: Connection, table: Table) -> Sum:
        rows = digests = 0
        for row in self._rows(connection, table):
            digest = hashlib.sha256(repr(sorted(row.items())).encode()).digest()
            rows, digests = rows + 1, (digests + int.from_bytes(digest)) % 2**BITS
        return Sum(rows, digests)

    def _rows(self, connection: Connection, table: Table) -> Iterator[Values]:
        """The rows as they are written down: JSON as text, for it tells its own null from that of the database."""
        columns = [cast(one, Text).label(one.name) if isinstance(one.type, JSON) else one for one in table.c]
        long = any(isinstance(one.type, LargeBinary) for one in table.c)
        options = {"stream_results": True, "yield_per": 1 if long else ROWS}
        query = select(*columns).order_by(*table.primary_key)
        with connection.execute(query, execution_options=options) as found:
            for row in found:
                yield _plain(table, row, self._target)
                self._done += 1
                self._told(self._done, self._all)


def _plain(table: Table, row: Row[Any], target: Database) -> Values:
    values: Values = {}
    for column, value in zip(table.c, row, strict=True):
        if isinstance(column.type, JSON) and value is not None:  # written as we write it
            values[column.name] = json.dumps(storable(target.engine.dialect, json.loads(value)))
        else:
            values[column.name] = storable(target.engine.dialect, value)
    return values


def _written(table: Table) -> Table:
    """The same, where None is the database's own null, and JSON's is named."""
    kinds = ((one.name, JSON(none_as_null=True) if isinstance(one.type, JSON) else one.type) for one in table.c)
    return Table(table.name, MetaData(), *(Column(name, kind) for name, kind in kinds))


def _value(kind: Any, value: Any) -> Any:
    """What SQLAlchemy is given, for it to write the same."""
    if value is None or not isinstance(kind, JSON):
        return value
    return JSON.NULL if value == "null" else json.loads(value)


def _put(source: Database, target: Database, one: blobs.Referred) -> bool:
    """Before there is a row that refers to it. Both may have one place for them; whether it is there."""
    with suppress(blobs.Damaged):
        blobs.had(target.outside, one.name, one.size, one.of)
        return True
    with suppress(blobs.Damaged):
        octets = blobs.had(source.outside, one.name, one.size, one.of)
        if target.outside is not None:
            target.outside.blobs.put(one.name, octets)
            return True
    return False


def _refuse_what_is_there(connection: Connection) -> None:
    """A target is empty, or was made ready and holds nothing but its key."""
    revision = schema.current(connection)
    if revision not in {None, schema.HEAD}:
        raise ValueError(f"it is at schema {revision}: name an empty database")
    for table in metadata.sorted_tables if revision else ():
        if table is not t.keyring and connection.execute(select(*table.primary_key).limit(1)).first():
            raise ValueError(f"it holds rows of {table.name} already: name an empty database")
