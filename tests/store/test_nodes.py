"""Gateways over one PostgreSQL: who is alive, what each has claimed, and that nobody writes what is another's."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import psycopg
import pytest
from sqlalchemy import insert

import house
from e2e.waiting import until
from gateway.core.arrival import Origin, Position
from gateway.core.place import Folder, Place, Sight, Step
from gateway.core.reply import Deferred, Delivered
from gateway.core.retention import Retention, Swept
from gateway.core.verdict import Defer
from gateway.ports import Unavailable
from gateway.store import claims, nodes
from gateway.store import tables as t
from gateway.store.database import Database, Superseded
from gateway.store.dialect import serialise
from gateway.store.nodes import SWEEP, SYNC, Node
from gateway.store.pipeline import pipelined
from gateway.store.prepared import Prepared
from house import NOW, letter
from postgresql import server_only

pytestmark = server_only  # nobody shares a file
BOX = Folder("assistenza", 7)
ORIGIN = Origin("assistenza", Position.BEHIND_MTA, "imap.example.it", frozenset({"mx.example.it"}))
SECONDS = 20
LATER = NOW + timedelta(days=1)
_writes = Prepared(insert(t.tally).values(ingress="a", day="b", received=1))


@pytest.fixture
def shared(url):
    with closing(Database(url).open()) as database:
        yield database


def node(database, *mailboxes, pid=1):
    return Node(partial(database.kind.session, database.engine), mailboxes, ("gateway.example.it", pid), lambda: NOW)


@asynccontextmanager
async def alive(*nodes):
    """They have joined, and go on until the end."""
    for one in nodes:
        await one.join()
    tasks = [asyncio.create_task(one.run()) for one in nodes]
    await asyncio.sleep(0)  # what is cancelled before it began leaves nothing
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def end_session(shared, one):
    """As the server does with one that hangs, or that is gone."""
    end = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = %s and objsubid = 2"
    with shared.connect() as connection:
        connection.execution_options(begin="").exec_driver_sql(end, (one.number,))


async def held(one, name):
    async with asyncio.timeout(SECONDS):
        while one.holds(name) is None:
            await one.change()


async def test_a_mailbox_has_one_reader(shared):
    """Whoever comes second reads what is free, and takes over when the first has left."""
    first, second = node(shared, BOX.ingress), node(shared, BOX.ingress)
    async with alive(second):
        assert second.holds(BOX.ingress) == second.number
        async with alive(first):
            assert first.holds(BOX.ingress) is None
    async with alive(first):
        assert first.holds(BOX.ingress) == first.number
        assert second.holds(BOX.ingress) is None


async def test_who_runs_is_told(shared):
    """`migrate --from` wants nobody there: a row without its lock is of one that is dead."""
    one = node(shared, pid=7)
    async with alive(one):
        assert shared.read(claims.running) == ["gateway.example.it (pid 7)"]
    gone = node(shared)
    await gone.join()
    await gone._lose()
    assert shared.read(lambda c: c.exec_driver_sql("select count(*) from node").scalar()) == 1
    until(lambda: not shared.read(claims.running), "the end of its session", SECONDS)


async def test_a_dead_ones_mailbox_is_taken_over(shared):
    """Its lock is free, so it is dead: within a beat or two its leases are others'."""
    dead, other = node(shared, BOX.ingress), node(shared, BOX.ingress)
    await dead.join()
    async with alive(other):
        end_session(shared, dead)
        await held(other, BOX.ingress)
        assert dead.holds(BOX.ingress) is not None, "it does not know yet"
    await dead._lose()


async def test_a_mailbox_that_a_reload_takes_away_is_let_go(shared):
    """Whoever reads it by now has its lease with one of the next beats."""
    first, second = node(shared, "assistenza", "vendite"), node(shared, "assistenza", pid=2)
    async with alive(first):
        await asyncio.to_thread(until, lambda: first.holds("assistenza"), "all that there is", SECONDS)
        async with alive(second):
            first.want(["vendite"])
            await asyncio.to_thread(until, lambda: second.holds("assistenza"), "its lease", SECONDS)
            assert first.holds("assistenza") is None
            await asyncio.to_thread(until, lambda: first.holds("vendite"), "the other, if it was given away", SECONDS)


async def test_a_mailbox_that_is_written_about_is_let_go_with_a_later_beat(shared):
    """The wait for its writer is no loss of the session: that would take all leases and free every claim."""
    one = node(shared, "assistenza", "vendite")
    await one.join()
    await one._session.execute("SET lock_timeout = 50")
    one.want(["vendite"])
    with psycopg.connect(str(shared.url)) as writing:
        writing.execute("select from lease where name = 'assistenza' for share")
        await one._beat(one._session)
        assert one.holds("vendite")
    await one._beat(one._session)
    assert (one.holds("assistenza"), one.holds("vendite")) == (None, one.number)
    await one._leave()


async def test_who_joins_later_is_given_a_share(shared):
    """One mailbox with each beat, until neither has two more than the other; the sweep stays where it is."""
    names = [f"box-{number}" for number in range(5)]
    first, second = node(shared, *names), node(shared, *names, pid=2)

    def shares():
        return sorted(sum(one.holds(name) is not None for name in names) for one in (first, second))

    async with alive(first):
        await asyncio.to_thread(until, lambda: shares() == [0, 5], "all that there is", SECONDS)
        async with alive(second):
            await asyncio.to_thread(until, lambda: shares() == [2, 3], "its share", SECONDS)
            assert not any(first.holds(name) and second.holds(name) for name in names)
            assert first.holds(SWEEP)
            assert first.holds(SYNC)


async def test_who_lets_go_of_what_it_was_given_is_given_no_more(shared):
    """It has another configuration: a mailbox that it does not know comes back, and that once."""
    names = ["assistenza", "vendite"]
    first, second = node(shared, *names), node(shared, pid=2)
    async with alive(first):
        await asyncio.to_thread(until, lambda: all(map(first.holds, names)), "all that there is", SECONDS)
        async with alive(second):
            await asyncio.to_thread(until, lambda: first._unwilling.keys() == {second.number}, "its return", SECONDS)
            await asyncio.to_thread(until, lambda: all(map(first.holds, names)), "all of it again", SECONDS)
            assert first._given == {}


async def test_who_did_not_know_a_mailbox_may_have_been_reloaded_since(shared, monkeypatch):
    """A reload reaches one gateway after the other."""
    monkeypatch.setattr(nodes, "ASKED_AGAIN", 3.0)
    names = ["assistenza", "vendite"]
    first, second = node(shared, *names), node(shared, pid=2)
    async with alive(first):
        await asyncio.to_thread(until, lambda: all(map(first.holds, names)), "all that there is", SECONDS)
        async with alive(second):
            await asyncio.to_thread(until, lambda: second.number in first._unwilling, "its return", SECONDS)
            second.want(names)
            await asyncio.to_thread(until, lambda: sum(map(bool, map(second.holds, names))) == 1, "a share", SECONDS)


async def test_a_dead_node_is_given_nothing_while_it_is_buried(shared, cluster):
    """Else who buries it finds it with a mailbox, and cannot: it would count its own session as lost."""
    giver, dead = node(shared, "assistenza", "vendite"), node(shared, pid=2)
    await giver.join()
    await dead.join()
    assert all(map(giver.holds, ["assistenza", "vendite"]))
    gone = dead.number
    await dead._session.close()
    await giver._session.execute("SET lock_timeout = 50")
    with psycopg.connect(str(shared.url)) as burier:
        assert burier.execute("select pg_try_advisory_xact_lock(%s, %s)", (nodes.NODES, gone)).fetchone() == (True,)
        for statement in nodes._FREE:
            if statement == nodes._BURY:
                await giver._beat(giver._session)
            burier.execute(statement, ([gone],))
    await giver._leave()
    await dead._lose()


async def test_a_lease_that_others_write_to_is_seen_as_they_leave_it(shared, unless_told):
    """Whatever the server isolates for others: else it could not be let go, and the session would count as lost."""
    unless_told("default_transaction_isolation", "repeatable read")
    one = node(shared, "assistenza")
    await one.join()
    isolation = await one._session.execute("show transaction_isolation")
    assert await isolation.fetchone() == ("read committed",)
    await one._leave()


async def test_a_server_that_does_not_answer_is_said_to_be_silent(shared, monkeypatch):
    """Not `TimeoutError`, which is nothing that an operator can look for."""
    monkeypatch.setattr(nodes, "ANSWER", 0.0)
    with pytest.raises(Unavailable, match="no answer within 0 s"):
        await node(shared).join()


async def test_a_session_that_was_lost_comes_back_under_another_number(shared):
    """What it had under the first one is nobody's by then: a number is never given twice."""
    one = node(shared, BOX.ingress)
    async with alive(one):
        before = one.number
        end_session(shared, one)
        async with asyncio.timeout(SECONDS):
            while one.holds(BOX.ingress) in {before, None}:
                await one.change()
        assert one.number > before
        found = shared.read(lambda connection: list(claims.holders(connection)))
        assert {row["name"] for row in found} == {BOX.ingress, SWEEP, SYNC}


async def test_who_was_stopped_writes_nothing_after_the_takeover(tmp_path, url, shared):
    """Fencing: it knows of nothing yet, and each word of it about the mailbox is refused by the database."""
    stopped, other = node(shared, BOX.ingress), node(shared, BOX.ingress)
    await stopped.join()
    with house.gateway(tmp_path, url=url, node=stopped) as gateway:
        store = gateway.store
        await store.see(BOX, [5, 6], Sight(6, None), NOW)
        async with alive(other):
            end_session(shared, stopped)
            await held(other, BOX.ingress)
            assert stopped.holds(BOX.ingress) is not None, "it does not know yet"
            with pytest.raises(Superseded, match=r"gateway\.example\.it"):
                await store.see(BOX, [7], Sight(7, None), NOW)
            with pytest.raises(Superseded):
                await store.settle_mail(BOX, [5], Step.GONE)
            arrival = replace(gateway.arrival(letter(), origin=ORIGIN), envelope=None, place=Place(BOX, 5))
            receipt = await gateway.receiver(arrival)
            assert isinstance(receipt.verdict, Defer)
            assert await store.sight(BOX) == Sight(6, None)
            assert [one.step for one in await store.unfinished(BOX, 0, 9)] == [Step.WAITING] * 2
        await stopped._lose()
    assert shared.read(lambda c: c.exec_driver_sql("select count(*) from message").scalar()) == 0


async def test_the_holder_writes(tmp_path, url, shared):
    """The fence is for others."""
    one = node(shared, BOX.ingress)
    async with alive(one):
        with house.gateway(tmp_path, url=url, node=one) as gateway:
            await gateway.store.see(BOX, [5], Sight(5, None), NOW)
            await gateway.store.settle_mail(BOX, [5], Step.GONE)
            assert await gateway.store.unfinished(BOX, 0, 9) == ()


async def test_no_letter_is_given_to_two(tmp_path, url, shared):
    """SKIP LOCKED: both ask at once, and each has its own; what is claimed is free again when its node is dead."""
    one, other = node(shared), node(shared)
    async with alive(one, other):
        with (
            house.gateway(tmp_path, url=url, node=one) as gateway,
            closing(house.Store(shared, house.letters.Limits(), other)) as second,
        ):
            for number in range(8):
                await gateway.receive(letter(message_id=f"{number}@rossi.example", text=f"domanda {number}"))
            mine, theirs = await asyncio.gather(gateway.store.due(LATER, 5), second.due(LATER, 5))
            rows = [due.reply.row for due in (*mine, *theirs)]
            assert len(rows) == len(set(rows)) == 8
            busy = [due.reply.row for due in mine]
            assert await gateway.store.due(LATER, 5, busy) == ()
            assert len(await gateway.store.due(LATER, 5)) == len(busy), "a claim that was not heard is ours still"


async def test_no_more_is_claimed_than_was_asked_for(tmp_path, url, shared):
    """Whatever plan PostgreSQL makes of it: one that joins row by row would lock as many more for each."""
    one = node(shared)
    async with alive(one):
        with house.gateway(tmp_path, url=url, node=one) as gateway:
            for number in range(8):
                await gateway.receive(letter(message_id=f"{number}@rossi.example", text=f"domanda {number}"))

            def claim(connection):
                for way in ("hashagg", "hashjoin", "mergejoin", "material", "sort"):
                    connection.exec_driver_sql(f"set local enable_{way} = off")
                return claims.claim(connection, LATER, 5, (), one.number)

            assert len(shared.write(claim)) == 5
            claimed = "select count(*) from outbox where claimed_by is not null"
            assert shared.read(lambda c: c.exec_driver_sql(claimed).scalar()) == 5


@contextmanager
def amidst_a_pipeline(database):
    """A transaction that holds a lock, and nothing is heard of it; its backend's number."""
    with database.asking(), closing(database.writing()) as one, one.begin(), pipelined(one):
        serialise(one, "a name")
        yield one.connection.dbapi_connection.info.backend_pid
        _writes.run(one)


@contextmanager
def after_a_pipeline(database):
    """The same, when the server says itself that the transaction is idle."""
    with database.asking(), closing(database.writing()) as one, one.begin():
        with pipelined(one):
            serialise(one, "a name")
        yield one.connection.dbapi_connection.info.backend_pid
        _writes.run(one)


@pytest.mark.parametrize("hanging", [amidst_a_pipeline, after_a_pipeline])
async def test_a_writer_that_hangs_is_ended(shared, cluster, monkeypatch, hanging):
    """The server's own bound counts in neither: amidst a pipeline nothing is idle, behind it a Flush ends the count."""
    monkeypatch.setattr(nodes, "HUNG", 0.5)
    hung = ExitStack()
    backend = hung.enter_context(hanging(shared))
    there = "select pid from pg_stat_activity where application_name = 'gateway writer'"
    assert (backend,) in cluster.sql(there)
    async with alive(node(shared, BOX.ingress)):
        await asyncio.to_thread(until, lambda: (backend,) not in cluster.sql(there), "its end", SECONDS)
    with pytest.raises(Unavailable):
        hung.close()


async def test_a_writer_at_work_is_not_ended(shared, cluster, monkeypatch):
    """However long it takes: who waits for the server is not waited for by it."""
    monkeypatch.setattr(nodes, "HUNG", 0.0)
    waits = "select pid from pg_stat_activity where application_name = 'gateway writer' and wait_event_type = 'Lock'"

    def work():
        with shared.asking(), closing(shared.writing()) as busy:
            busy.exec_driver_sql("set lock_timeout = 0")
            busy.commit()
            with busy.begin(), pipelined(busy):
                serialise(busy, "a name")
                _writes.run(busy)

    with shared.asking(), closing(shared.writing()) as holder, holder.begin():
        holder.exec_driver_sql("set application_name = 'another'")  # it says nothing, and shall not be ended
        serialise(holder, "a name")
        working = asyncio.create_task(asyncio.to_thread(work))
        await asyncio.to_thread(until, lambda: cluster.sql(waits), "the wait", SECONDS)
        async with alive(node(shared, BOX.ingress)):  # which begins with a beat
            assert cluster.sql(waits)
    await working
    assert shared.read(lambda c: c.exec_driver_sql("select received from tally").scalars().all()) == [1]


async def test_a_lost_claim_takes_nothing_back(tmp_path, url, shared):
    """Who lost it may say that the letter went; that it did not go, only whoever has it now can say."""
    one, other = node(shared), node(shared)
    async with alive(one, other):
        with (
            house.gateway(tmp_path, url=url, node=one) as gateway,
            closing(house.Store(shared, house.letters.Limits(), other)) as second,
        ):
            await gateway.receive(letter())
            [due] = await gateway.store.due(LATER, 5)
            take_over = "update outbox set claimed_by = %s"
            shared.write(lambda c: c.exec_driver_sql(take_over, (other.number,)))
            await gateway.store.settle(due, None, Deferred("451 later"), at=NOW, next_attempt=NOW)
            assert _state(shared) == ("due", 0)
            await second.settle(due, None, Delivered("250 ok"), at=NOW, next_attempt=None)
            await gateway.store.settle(due, None, Deferred("451 later"), at=NOW, next_attempt=NOW)
            assert _state(shared) == ("delivered", 1)


def _state(shared):
    return tuple(shared.read(lambda c: c.exec_driver_sql("select state, attempts from outbox").one()))


async def test_one_of_them_sweeps(url, shared):
    """Retention is carried out by whoever has its lease; the others leave it."""
    one, other = node(shared), node(shared)
    async with alive(one, other):
        assert (one.holds(SWEEP), other.holds(SWEEP)) == (one.number, None)
        asked = []

        async def pause():
            asked.append(1)

        with closing(house.Store(shared, house.letters.Limits(), other)) as store:
            assert await store.sweep(Retention(), NOW, "gateway", pause) == Swept()


async def test_what_is_put_down_rings_everywhere(tmp_path, url, shared):
    """NOTIFY, with the commit: nobody waits for the next poll."""
    rung, other = asyncio.Event(), node(shared)
    async with alive(other):
        other.bell = rung.set
        with house.gateway(tmp_path, url=url) as gateway:
            await gateway.receive(letter())
            async with asyncio.timeout(SECONDS):
                await rung.wait()
