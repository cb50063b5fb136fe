"""What the driver is given, statement by statement: for tests that count the work, or have one statement fail."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager

import psycopg
from sqlalchemy import event

_before, _after = [], []


class _Told:
    """A cursor that says what it does."""

    def execute(self, statement, *parameters, **how):
        words = str(statement)
        for told in _before:
            told(words)
        super().execute(statement, *parameters, **how)
        for told in _after:
            told(words, self.rowcount)
        return self


class _SqliteCursor(_Told, sqlite3.Cursor):
    pass


class _PostgresqlCursor(_Told, psycopg.Cursor):
    pass


class _Connection(sqlite3.Connection):
    def cursor(self, factory=_SqliteCursor):
        return super().cursor(factory)

    def execute(self, statement, *parameters):
        return self.cursor().execute(statement, *parameters)


def make_watchable(engine):
    """Every connection that is opened from now on."""
    factory = {"factory": _Connection} if engine.name == "sqlite" else {"cursor_factory": _PostgresqlCursor}
    event.listen(engine, "do_connect", lambda _dialect, _record, _args, options: options.update(factory))


@contextmanager
def watched(before=None, after=None):
    """`before(statement)` may raise; `after(statement, rowcount)` is told what it changed."""
    told = [(_before, before), (_after, after)]
    for listeners, one in told:
        listeners.extend([one] if one else [])
    try:
        yield
    finally:
        for listeners, one in told:
            if one:
                listeners.remove(one)
