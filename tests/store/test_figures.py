"""Figures for whoever watches: right, of one moment, and read by an index each."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, update

from gateway.core.figures import Figures
from gateway.core.reply import Deferred
from gateway.core.sourced import Known
from gateway.store import figures, sources
from gateway.store import tables as t
from house import NOW, letter
from postgresql import file_only
from statements import watched

LATER = NOW + timedelta(hours=1)


async def test_a_source_that_never_succeeded_counts_from_when_it_was_asked(gateway):
    """Else nothing would ever say that it is stale."""
    for before, name in ((None, "new"), (NOW, "crm")):
        after = Known(succeeded_at=before, next_at=LATER, error="refused")
        gateway.database.write(partial(sources.looked, name=name, before=Known(since=NOW), now=LATER, after=after))
    gateway.database.write(
        partial(sources.looked, name="crm", before=Known(1, since=NOW), now=LATER, after=Known(succeeded_at=LATER))
    )
    assert (await gateway.store.figures(LATER)).sources == {"new": NOW, "crm": LATER}


async def test_they_tell_what_waits_what_is_held_and_since_when(gateway):
    """Of letters that are deferred the time of the next try, and still when they were written."""
    assert (await gateway.store.figures(NOW)).held_since is None
    await gateway.receive(letter())
    await gateway.receive(letter("eve@attack.example"))
    await gateway.receive(letter(dmarc="fail"))
    [due] = await gateway.store.due(LATER, 4)
    await gateway.store.settle(due, None, Deferred("451 4.3.0 later"), next_attempt=LATER, at=NOW)
    found = await gateway.store.figures(NOW)
    held = [one["received_at"] for one in gateway.messages if one["disposition"] == "quarantine"]
    assert (found.at, found.waiting, found.oldest, found.due) == (NOW, 1, due.created, LATER)
    assert (found.held, f"{found.held_since:%FT%T.%fZ}") == (2, min(held))
    assert found.off == {"from-mta": 0}
    assert found.octets > found.free >= 0


async def test_a_balance_that_is_off_is_told_by_how_much(gateway):
    """A message too few, or a UID: neither makes the other good (I11)."""
    for number in range(3):
        await gateway.receive(letter(message_id=f"{number}@rossi.example"))
    gateway.database.write(lambda c: c.execute(update(t.tally).values(received=5)))
    assert (await gateway.store.figures(NOW)).off == {"from-mta": 2}
    gateway.database.write(lambda c: c.execute(update(t.tally).values(received=2)))
    assert (await gateway.store.figures(NOW)).off == {"from-mta": 1}
    seen = {"ingress": "from-mta", "day": "2026-11-21", "uids": 4}
    gateway.database.write(lambda c: c.execute(t.seen.insert().values(seen)))
    assert (await gateway.store.figures(NOW)).off == {"from-mta": 5}
    assert (await gateway.store.figures(NOW + timedelta(days=1))).off == {"from-mta": 1}
    assert (await gateway.store.figures(NOW + timedelta(days=2))).off == {}


async def test_messages_of_a_day_that_was_never_counted_are_off(gateway):
    """The other pan may be empty."""
    await gateway.receive(letter())
    yesterday = {"ingress": "from-mta", "day": "2026-11-20", "received": 0}
    gateway.database.write(lambda c: (c.execute(delete(t.tally)), c.execute(t.tally.insert().values(yesterday))))
    assert (await gateway.store.figures(NOW)).off == {"from-mta": 1}


@file_only
async def test_each_is_read_by_an_index(gateway):
    """SQLite's plans go through no table that grows with the mail, nor through all of an index of one."""
    await gateway.receive(letter())
    asked: list[str] = []
    with watched(before=asked.append):
        await gateway.store.figures(NOW)
    statements = [one for one in asked if one.lower().startswith("select")]
    assert len(statements) == 6
    with closing(sqlite3.connect(gateway.database.path)) as database:
        plans = [
            database.execute(f"explain query plan {one}", [None] * one.count("?")).fetchall() for one in statements
        ]
    through = {row[3].split()[1] for plan in plans for row in plan if row[3].startswith("SCAN")}
    assert through <= {"tally", "seen", "source", "anon_1"}  # a row a day, one a source, and what is found


@file_only
async def test_a_database_that_somebody_writes_into_is_read_all_the_same(gateway):
    """And mail goes on meanwhile: they are asked for beside it."""
    await gateway.receive(letter())
    with closing(sqlite3.connect(gateway.database.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        other.execute("update tally set received = 9")
        found = await asyncio.wait_for(gateway.store.figures(NOW), 5)
    assert isinstance(found, Figures)
    assert found.off == {"from-mta": 0}


def test_the_oldest_is_looked_for_among_so_many(gateway):
    """The bound is in the statement."""
    assert str(figures.LOOKED_AT) in str(figures._oldest.compile(compile_kwargs={"literal_binds": True}))
