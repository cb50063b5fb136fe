"""Counts that all mail adds to: gathered during a transaction and written at its end, all at once and in one order.

Their rows are the same for every message and every gateway, and one that was changed is locked until the commit. So who
changed one with the first statement of a group kept all other gateways waiting for the whole of it; and two that
change several in different orders wait for each other until one is undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, bindparam

from gateway.store.dialect import upsert
from gateway.store.pipeline import pipelined
from gateway.store.prepared import Prepared

_GATHERED = "counts"
"""Where a connection has those of its transaction."""


class Count:
    """Rows of a table that count: `number` is the column that does, the key says which row.

    `outdated` takes rows away that nothing counts in any more, by the first part of the oldest key that was counted in.
    """

    def __init__(self, table: Table, number: str, outdated: Callable[[Connection, Any], None] | None = None) -> None:
        column = table.c[number]
        key = list(table.primary_key.columns)
        first = upsert(table).values({one.key: bindparam(one.key) for one in key} | {number: bindparam("more")})
        self.name = table.name
        self.outdated = outdated
        self.names = [one.key for one in key]
        self.statement = Prepared(
            first.on_conflict_do_update(index_elements=key, set_={number: column + first.excluded[number]})
        )


_Pending = list[tuple[Count, tuple[str | int, ...]]]


def add(connection: Connection, count: Count, *key: str | int) -> None:
    """One more in the row of this key."""
    pending: _Pending = connection.info[_GATHERED]
    pending.append((count, key))


@contextmanager
def gathered(connection: Connection) -> Iterator[None]:
    """Around a transaction's work: what was counted is written at the end."""
    about = connection.info  # of a connection that is lost nobody is told
    pending: _Pending = []
    about[_GATHERED] = pending
    try:
        yield
        if pending:
            _write(connection, pending)
    finally:
        del about[_GATHERED]


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Around a piece of it that is undone where it fails: then it has counted nothing."""
    pending: _Pending = connection.info[_GATHERED]
    before = len(pending)
    try:
        yield
    except BaseException:
        del pending[before:]
        raise


def _write(connection: Connection, pending: _Pending) -> None:
    of: dict[Count, Counter[tuple[str | int, ...]]] = {}
    for count, key in pending:
        of.setdefault(count, Counter())[key] += 1
    with pipelined(connection):
        for count in sorted(of, key=lambda one: one.name):
            rows = sorted(of[count].items())
            if count.outdated is not None:
                count.outdated(connection, rows[0][0][0])
            count.statement.each(
                connection, [dict(zip(count.names, key, strict=True)) | {"more": n} for key, n in rows]
            )
