"""What the driver is given, statement by statement: for tests that count the work, or have one statement fail."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager

from sqlalchemy import event

_before, _after = [], []


class _Cursor(sqlite3.Cursor):
    def execute(self, statement, *parameters):
        for told in _before:
            told(statement)
        super().execute(statement, *parameters)
        for told in _after:
            told(statement, self.rowcount)
        return self


class _Connection(sqlite3.Connection):
    def cursor(self, factory=_Cursor):
        return super().cursor(factory)

    def execute(self, statement, *parameters):
        return self.cursor().execute(statement, *parameters)


def make_watchable(engine):
    """Every connection that is opened from now on."""
    event.listen(engine, "do_connect", lambda _dialect, _record, _args, options: options.update(factory=_Connection))


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
