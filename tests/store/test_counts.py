"""Counts of a transaction: written at its end, once a row, and only of what was not undone."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing, suppress

import pytest
from sqlalchemy import select

from gateway.store import counts, rates
from gateway.store import tables as t
from gateway.store.archive import TALLY
from gateway.store.writer import Writer


def rows(connection):
    """What is counted."""
    found = connection.execute(select(t.tally.c.ingress, t.tally.c.received).order_by(t.tally.c.ingress))
    return [tuple(row) for row in found]


def count(connection, *ingresses):
    """One more in each."""
    for one in ingresses:
        counts.add(connection, TALLY, one, "2026-11-22")


def test_each_counts(database):
    """Also beyond what was there before."""
    database.write(lambda c: count(c, "b", "a", "b"))
    database.write(lambda c: count(c, "b"))
    assert database.read(rows) == [("a", 1), ("b", 3)]


def test_what_nothing_counts_in_any_more_goes_with_the_next_that_counts(database):
    """By the oldest that is counted, whatever the order."""
    of_hours = select(t.rate.c.hour).order_by(t.rate.c.hour)
    for hours in ((5,), (39, 30)):
        database.write(lambda c, hours=hours: [counts.add(c, rates.RATE, hour, "k") for hour in hours])
    assert database.read(lambda c: c.execute(of_hours).scalars().all()) == [30, 39]
    database.write(lambda c: counts.add(c, rates.RATE, 55, "k"))
    assert database.read(lambda c: c.execute(of_hours).scalars().all()) == [39, 55]


def test_nothing_is_written_before_the_end(database):
    """So no row is locked for longer than the commit takes."""
    assert database.write(lambda c: [count(c, "a"), rows(c)][1]) == []
    assert database.read(rows) == [("a", 1)]


def test_a_transaction_that_fails_leaves_nothing_to_the_next(database):
    """Though both may have the same connection."""

    def failing(connection):
        count(connection, "a")
        raise LookupError

    for _ in range(3):
        with suppress(LookupError):
            database.write(failing)
    database.write(lambda c: count(c, "b"))
    assert database.read(rows) == [("b", 1)]


def test_where_nothing_counts_nothing_is_written(database, monkeypatch):
    """A letter's fate is a transaction as well: it is not to wait for a server once more."""
    monkeypatch.setattr(counts, "_write", lambda *_: pytest.fail("there was nothing to write"))
    assert database.write(rows) == []


async def test_what_is_undone_alone_has_counted_nothing(database):
    """In a group, its neighbours have."""
    writer, release = Writer(database), threading.Event()

    def failing(connection):
        count(connection, "a", "b")
        raise LookupError

    with closing(writer):
        held = asyncio.ensure_future(writer.write(lambda _: release.wait(10)))
        await asyncio.sleep(0)
        works = (lambda c: count(c, "a"), failing, lambda c: count(c, "c"))
        group = asyncio.gather(*map(writer.write, works), return_exceptions=True)
        await asyncio.sleep(0)
        release.set()
        await held
        first, failed, last = await group
    assert first is last is None
    assert isinstance(failed, LookupError)
    assert database.read(rows) == [("a", 1), ("c", 1)]
