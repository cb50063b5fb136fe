"""The pipeline to a server: what finds nothing is not waited for, and a fault is its own piece of work's still."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from itertools import count

import pytest
from psycopg.pq import PipelineStatus
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.ports import Unavailable
from gateway.store import pipeline
from gateway.store import tables as t
from gateway.store.pipeline import pipelined
from gateway.store.prepared import Prepared
from gateway.store.writer import Writer
from house import letter
from postgresql import server_only

pytestmark = server_only  # a file is not waited for
_add = Prepared(insert(t.tally))
_rate = Prepared(insert(t.rate).values(hour=bindparam("hour"), key="k", messages=1))
_all = Prepared(select(t.tally.c.ingress).order_by(t.tally.c.ingress))


def day(ingress):
    """The values of a row; a second of the same is one too many."""
    return {"ingress": ingress, "day": "2026-11-22", "received": 1}


@pytest.fixture
def connection(database):
    with database.asking(), closing(database.writing()) as one:
        yield one


def do(connection, *work):
    """Do these in the pipeline of a transaction."""
    with connection.begin(), pipelined(connection):
        for one in work:
            one(connection)


def adding(ingress):
    """Work that adds a row."""
    return lambda connection: _add.run(connection, day(ingress))


def is_open(connection):
    """Whether what is told to the server now is not waited for."""
    return connection.connection.dbapi_connection.info.pipeline_status != PipelineStatus.OFF


def test_a_fault_is_told_where_something_is_asked_for(connection):
    """At the latest: the server may have told it before."""
    with pytest.raises(IntegrityError, match="pk_tally"):
        do(connection, adding("a"), adding("a"), adding("b"), _all.scalars, pytest.fail)


def test_what_failed_last_is_told_at_the_end(connection):
    """So whoever has left it knows that all of it is done."""
    with pytest.raises(IntegrityError, match="pk_tally"):
        do(connection, adding("a"), adding("a"))
    assert not is_open(connection)


def test_what_was_written_is_found(connection):
    """In the order in which it was told."""
    with connection.begin(), pipelined(connection):
        _add.run(connection, day("b"))
        _add.run(connection, day("a"))
        assert is_open(connection)
        assert _all.scalars(connection) == ["a", "b"]
    assert not is_open(connection)


def test_what_sqlalchemy_executes_has_its_answer(connection):
    """It ends the pipeline, in which it would find nothing; all after it goes well without one."""
    with connection.begin(), pipelined(connection):
        _add.run(connection, day("a"))
        assert connection.execute(select(t.tally.c.ingress)).scalars().all() == ["a"]
        assert not is_open(connection)
        _add.run(connection, day("b"))
        assert _all.scalars(connection) == ["a", "b"]


def test_a_fault_before_what_sqlalchemy_executes_has_its_name(connection):
    """As if it had been told at once."""
    with pytest.raises(IntegrityError, match="pk_tally"):
        do(connection, adding("a"), adding("a"), lambda one: one.execute(select(t.tally)), pytest.fail)


async def test_a_piece_that_fails_is_undone_alone(database):
    """Its neighbours in the group are kept, also where it went on after its mistake."""
    writer, release = Writer(database), threading.Event()

    def mistaken(connection):
        _add.run(connection, day("own"))
        _add.run(connection, day("first"))
        _add.run(connection, day("after"))

    with closing(writer):
        held = asyncio.ensure_future(writer.write(lambda _: release.wait(10)))
        await asyncio.sleep(0)
        works = (adding("first"), mistaken, adding("last"))
        group = asyncio.gather(*map(writer.write, works), return_exceptions=True)
        await asyncio.sleep(0)
        release.set()
        await held
        one, wrong, last = await group
    assert (one, last) == (None, None)
    assert isinstance(wrong, IntegrityError)
    assert database.read(_all.scalars) == ["first", "last"]


async def test_a_connection_that_is_lost_within_is_made_anew(database, cluster, caplog):
    """The piece is told so, without a word of the driver's own, and the next one goes well."""
    writer = Writer(database)

    def lost(connection):
        _add.run(connection, day("a"))
        pid = connection.connection.dbapi_connection.info.backend_pid
        cluster.sql(f"select pg_terminate_backend({pid}, 5000)")
        _add.run(connection, day("b"))
        _all.scalars(connection)

    with closing(writer):
        with pytest.raises(Unavailable):
            await writer.write(lost)
        await writer.write(adding("c"))
    assert database.read(_all.scalars) == ["c"]
    assert caplog.records == []


async def test_what_the_driver_takes_for_prepared_and_is_not_is_prepared_anew(database):
    """Behind a statement that failed it was never made: psycopg counts it all the same, until it is told otherwise."""
    numbers = count()

    def rated(connection):
        _add.run(connection, day(f"{next(numbers)}"))
        _rate.run(connection, {"hour": next(numbers)})

    def mistaken(connection):
        _add.run(connection, day("a"))
        _rate.run(connection, {"hour": next(numbers)})

    with closing(Writer(database)) as writer:
        await writer.write(adding("a"))
        with pytest.raises(IntegrityError):
            await writer.write(adding("a"))
        for number in range(8):
            await writer.write(rated if number < 5 else adding(f"later {number}"))
        with pytest.raises(IntegrityError):
            await writer.write(mistaken)
        await writer.write(rated)
    assert len(database.read(lambda c: c.execute(select(t.rate)).all())) == 6


async def test_a_message_is_written_in_a_pipeline_throughout(gateway, monkeypatch):
    """Nothing on its way ends one early: then every statement would be a round trip again."""
    end, open_still = pipeline._end, []

    def watched(connection, *others):
        open_still.append(is_open(connection))
        end(connection, *others)

    monkeypatch.setattr(pipeline, "_end", watched)
    await gateway.receive(letter(message_id="1@rossi.example"))
    [ticket] = gateway.tickets
    answer = letter(message_id="2@rossi.example", subject=f"[#{ticket['ref']}]", text="another")
    assert (await gateway.receive(answer)).ticket == ticket["ref"]
    assert open_still == [True] * 4  # of each the message's own, and that of the counts
