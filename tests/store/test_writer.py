"""The one writer: commits together, undoes apart."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from functools import partial

import pytest
from sqlalchemy import event, insert

from gateway.ports import Unavailable
from gateway.store import tables as t
from gateway.store.writer import GATHERED, GROUP, QUEUED, Writer


@pytest.fixture
def writer(database):
    one = Writer(database)
    yield one
    one.close()


def tally(name):
    """A piece of work that adds a row."""
    return lambda c: c.execute(insert(t.tally).values(ingress=name, day="2026-11-22", received=1))


def rows(database):
    return sorted(database.read(lambda c: c.exec_driver_sql("select ingress from tally").scalars().all()))


def waiting(writer, release):
    """Work that holds the writer until it is released, so that what follows waits as a group."""
    return asyncio.ensure_future(writer.write(lambda _: release.wait(10)))


async def test_what_waits_is_committed_together(database, writer):
    """A group of any size up to the bound is one transaction."""
    commits, release = [], threading.Event()
    event.listen(database.engine, "commit", lambda _: commits.append(1))
    first = waiting(writer, release)
    others = [asyncio.ensure_future(writer.write(tally(f"{number:03}"))) for number in range(GROUP)]
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(first, *others)
    assert len(rows(database)) == GROUP
    assert len(commits) <= 3


async def test_a_full_queue_puts_off(database, writer):
    """So much waits and no more: what comes then is unavailable at once, and what waits is done."""
    release, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    first = asyncio.ensure_future(writer.write(lambda _: (loop.call_soon_threadsafe(begun.set), release.wait(10))))
    await begun.wait()
    others = [asyncio.ensure_future(writer.write(lambda _: None)) for _ in range(QUEUED)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="commit queue is full: 2048 wait"):
        await writer.write(lambda _: None)
    assert (writer.bound.now, writer.bound.limit, writer.bound.put_off) == (QUEUED, QUEUED, 1)
    release.set()
    await asyncio.gather(first, *others)
    assert writer.bound.now == 0


async def test_a_group_that_is_not_answered_is_a_stint_and_each_another(writer):
    """What the watchdog sees of the writer: a commit that hangs stays the same, and one that is over is none."""
    seen = []
    for _ in range(2):
        release, begun = threading.Event(), asyncio.Event()
        tell = partial(asyncio.get_running_loop().call_soon_threadsafe, begun.set)
        under_way = asyncio.ensure_future(writer.write(lambda _, tell=tell, hold=release: (tell(), hold.wait(10))))
        await begun.wait()
        seen += writer.stints
        release.set()
        await under_way
    assert len({one.mark for one in seen}) == 2
    assert writer.stints == ()


async def test_what_one_turn_of_the_loop_asks_for_is_committed_together(database, writer):
    """The thread is not woken for the first alone, nor for the last only: it commits some while others get ready."""
    commits = []
    event.listen(database.engine, "commit", lambda _: commits.append(1))
    await asyncio.gather(*(writer.write(tally(f"{number:03}")) for number in range(GROUP)))
    assert len(commits) <= GROUP // GATHERED


async def test_a_mistake_undoes_nobody_elses_work(database, writer):
    """A savepoint each: the one that breaks a constraint fails alone, wholly."""
    release = threading.Event()
    first = waiting(writer, release)

    def twice(connection):
        tally("b")(connection)
        tally("b")(connection)

    jobs = [asyncio.ensure_future(writer.write(work)) for work in (tally("a"), twice, tally("c"))]
    await asyncio.sleep(0)
    release.set()
    await first
    good, bad, also_good = await asyncio.gather(*jobs, return_exceptions=True)
    assert type(bad).__name__ == "IntegrityError"
    assert not isinstance(good, Exception)
    assert not isinstance(also_good, Exception)
    assert rows(database) == ["a", "c"]


async def test_a_fault_of_the_database_fails_the_whole_group(database, writer):
    """What shares a transaction that is lost is lost together, and each is told."""
    release = threading.Event()
    first = waiting(writer, release)

    def full(_connection):
        raise database.kind.fault("database or disk is full")

    jobs = [asyncio.ensure_future(writer.write(work)) for work in (tally("a"), full)]
    await asyncio.sleep(0)
    release.set()
    answers = await asyncio.gather(first, *jobs, return_exceptions=True)
    assert [type(one) for one in answers[1:]] == [Unavailable, Unavailable]
    assert rows(database) == []
    await writer.write(tally("later"))
    assert rows(database) == ["later"]


async def test_a_writer_that_ends_leaves_nobody_waiting(database):
    """A fault of our own ends the thread; those who wait are told, and so is whoever comes after."""
    writer = Writer(database)

    def broken(_connection):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writer.write(broken)
    with pytest.raises(RuntimeError, match="has ended"):
        await writer.write(tally("a"))
    with pytest.raises(ZeroDivisionError):  # and the daemon ends, to be started anew
        await writer.watch()


async def test_who_stops_watching_ends_nothing(writer, database):
    """The daemon cancels its watch before it closes the store."""
    watching = asyncio.ensure_future(writer.watch())
    await asyncio.sleep(0)
    watching.cancel()
    await asyncio.wait([watching])
    await writer.write(tally("a"))
    assert rows(database) == ["a"]


async def test_closing_finishes_what_is_queued(database):
    writer, release = Writer(database), threading.Event()
    jobs = [waiting(writer, release), asyncio.ensure_future(writer.write(tally("a")))]
    await asyncio.sleep(0)
    release.set()
    writer.close()
    await asyncio.gather(*jobs)
    assert rows(database) == ["a"]


async def test_each_transaction_is_told_with_what_waited_for_it(database):
    """How long each piece waited, how long the transaction took, and whether the database took it."""
    told = []
    with closing(Writer(database, told.append)) as writer:
        with pytest.raises(ValueError, match="of its own"):
            await writer.write(lambda _: int("of its own"))
        await asyncio.gather(writer.write(tally("a")), writer.write(tally("b")))
        with pytest.raises(Unavailable):
            await writer.write(lambda c: c.exec_driver_sql("select * from nowhere"))
    assert [(len(one.waited), one.done) for one in told] == [(1, True), (2, True), (1, False)]
    assert all(0 <= seconds < 10 for one in told for seconds in (*one.waited, one.took))
