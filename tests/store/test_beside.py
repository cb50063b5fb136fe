"""Several write to one database at once: what one writer of SQLite never had to think of comes out the same.

Each transaction of the one is held open until the other waits for it, so that they do cross.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from e2e.waiting import until
from gateway.core.reason import Disposition, Reason
from gateway.core.reply import Delivered, Failed
from gateway.core.verdict import Defer
from gateway.ports import Unavailable
from gateway.store import confirmations, counts, letters, rates
from gateway.store import tables as t
from gateway.store.adapter import Store
from gateway.store.counts import gathered
from gateway.store.database import Crossed, Database
from gateway.store.dialect import serialise, within
from gateway.store.group import TRIES, GroupCommit
from gateway.store.prepared import Prepared
from gateway.store.writer import Writer
from house import NOW, ROSSI, letter
from postgresql import server_only

pytestmark = server_only  # it alone has several writers
WAITING = "select 1 from pg_locks where not granted and locktype in ('advisory', 'transactionid', 'tuple')"


@pytest.fixture
def at_once(gateway, cluster):
    """The results of two pieces of work: the first is committed when the second waits for it."""

    def run(one, other):
        def second():
            with gateway.database.asking(), closing(gateway.database.writing()) as mine, mine.begin(), gathered(mine):
                return other(mine)

        with ThreadPoolExecutor(1) as threads, gateway.database.asking():
            with closing(gateway.database.writing()) as mine, mine.begin(), gathered(mine):
                first = one(mine)
                waiting = threads.submit(second)
                until(lambda: waiting.done() or cluster.sql(WAITING), "the second to wait for the first")
            return first, waiting.result(20)

    return run


async def storing(gateway, raw, limits=None):
    """The work of a message."""
    record = await gateway.receiver.examine(gateway.arrival(raw))
    return lambda c: confirmations.store(c, record, limits or letters.Limits())


async def test_i4_the_same_mail_at_two_gateways_is_one_ticket_and_a_duplicate(gateway, at_once):
    """The second sees what the first has committed, instead of a constraint that breaks."""
    works = [await storing(gateway, letter()) for _ in range(2)]
    first, second = at_once(*works)
    assert (first.verdict.disposition, second.verdict.reason) == (Disposition.ACCEPT, Reason.DUPLICATE)
    assert len(gateway.tickets) == 1
    assert gateway.balance[0]["ok"]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
async def test_i4_holds_whatever_the_server_isolates_for_others(gateway, at_once, unless_told, level):
    """Who has waited sees what the one before has committed, a message and a command alike."""
    unless_told("default_transaction_isolation", level)
    works = [await storing(gateway, letter()) for _ in range(2)]
    _, second = at_once(*works)
    assert second.verdict.reason is Reason.DUPLICATE
    isolation = "show transaction_isolation"
    assert gateway.database.write(lambda c: c.exec_driver_sql(isolation).scalar()) == "read committed"


async def test_i6_two_at_once_stay_within_the_limit_of_acknowledgements(gateway, at_once):
    """Counted by one after the other."""
    limits = letters.Limits(per_account=1)
    works = [await storing(gateway, letter(message_id=f"{n}@rossi.example", text=f"{n}"), limits) for n in range(2)]
    at_once(*works)
    assert [one["kind"] for one in gateway.outbox] == ["opened"]
    assert len(gateway.tickets) == 2


async def test_two_that_count_in_the_same_rows_wait_only_for_each_others_commit(gateway):
    """Of one ingress, in an hour's first group: the second is done while the first is at its statements still."""
    gateway.database.write(lambda c: counts.add(c, rates.RATE, 1, "an hour long past"))
    first, second = [await storing(gateway, letter(who)) for who in ("tecnico@rossi.example", "john@smith.example")]

    def beside():
        with gateway.database.asking(), closing(gateway.database.writing()) as mine, mine.begin(), gathered(mine):
            return second(mine)

    with (
        ThreadPoolExecutor(1) as threads,
        gateway.database.asking(),
        closing(gateway.database.writing()) as mine,
        mine.begin(),
        gathered(mine),
    ):
        first(mine)
        assert threads.submit(beside).result(20).verdict.disposition is Disposition.ACCEPT
    assert [(one["received"], one["ok"]) for one in gateway.balance] == [(2, True)]


async def test_two_letters_that_fail_at_once_are_two_failures(gateway, at_once):
    """Neither counts without the other (R6)."""
    for number in range(2):
        await gateway.receive(letter(message_id=f"{number}@rossi.example", text=f"{number}"))
    outgoing = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id="x@y.example")

    def failing(due):
        outcome = Failed("550 5.1.1 nobody", hard=True)
        return lambda c: letters.settle(c, due, outgoing, outcome, at=NOW, next_attempt=None)

    at_once(*map(failing, gateway.database.read(lambda c: letters.due(c, NOW.replace(year=2027), 9))))
    query = "select hard_failures from account where id = 1"
    assert gateway.database.read(lambda c: c.exec_driver_sql(query).scalar()) == 2


async def test_a_command_writes_when_no_message_does(gateway, at_once, cluster):
    """Whoever writes over the whole is alone: an import, retention, an erasure see all, and nothing comes between."""
    work, order = await storing(gateway, letter()), []

    def command():
        with closing(Database(str(gateway.database.url)).open()) as mine:
            mine.write(lambda _: order.append("command"))

    with closing(gateway.database.writing()) as mine, ThreadPoolExecutor(1) as threads:
        with mine.begin(), gathered(mine):
            work(mine)
            done = threads.submit(command)
            until(lambda: cluster.sql(WAITING), "the command to wait")
            order.append("message")
        done.result(20)
    assert order == ["message", "command"]


@pytest.fixture
def tries(monkeypatch):
    """Each group that was begun: how many pieces it had."""
    seen, try_ = [], GroupCommit._try
    monkeypatch.setattr(GroupCommit, "_try", lambda kept, group: (seen.append(len(group)), try_(kept, group))[1])
    return seen


def locked(connection, name):
    """It is, and not only asked for: in a pipeline nobody waits to hear."""
    serialise(connection, name)
    connection.exec_driver_sql("select 1")


@pytest.fixture
def met(cluster):
    """Each of two threads that calls it waits until the other has, or waits for a lock of the first's."""
    here = set()

    def wait():
        here.add(threading.get_ident())
        until(lambda: len(here) > 1 or cluster.sql(WAITING), "the other")

    return wait


@pytest.fixture
def two(gateway):
    """Two gateways' doors to one database."""
    stores = [Store(gateway.database, letters.Limits()) for _ in range(2)]
    yield stores
    for one in stores:
        one.close()


async def test_groups_of_the_same_customers_do_not_cross(gateway, two, met, tries, monkeypatch):
    """Whose mail comes first in a group is locked first; so the order is the same in all gateways, however it came."""
    store = confirmations.store
    monkeypatch.setattr(confirmations, "store", lambda c, **facts: (store(c, **facts), met())[0])
    people = ("tecnico@rossi.example", "john@smith.example")
    groups = [people, people[::-1]]
    records = [
        [await gateway.receiver.examine(gateway.arrival(letter(who, text=f"{number}"))) for who in group]
        for number, group in enumerate(groups)
    ]
    done = await asyncio.gather(*(one.record(r) for one, group in zip(two, records, strict=True) for r in group))
    assert [one.verdict.disposition for one in done] == [Disposition.ACCEPT] * 4
    assert tries == [2, 2]


async def test_a_letters_fate_and_mail_of_its_account_do_not_cross(gateway, two, met, tries, monkeypatch):
    """Each locks another row of the account's."""
    for number in range(2):
        await gateway.receive(letter(message_id=f"{number}@rossi.example", text=f"{number}"))
    dues = gateway.database.read(lambda c: letters.due(c, NOW.replace(year=2027), 9))
    record = [await gateway.receiver.examine(gateway.arrival(letter(text=f"more {n}"))) for n in range(2)]
    store, settle = confirmations.store, letters.settle
    monkeypatch.setattr(confirmations, "store", lambda c, **facts: (store(c, **facts), met())[0])
    monkeypatch.setattr(letters, "settle", lambda c, **facts: (settle(c, **facts), met())[0])
    sent = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id="x@y.example")

    def fate(store, due):
        return store.settle(due, sent, Delivered("250 2.0.0 taken"), at=NOW, next_attempt=None)

    one, other = two
    tries.clear()
    await asyncio.gather(one.record(record[0]), fate(one, dues[0]), fate(other, dues[1]), other.record(record[1]))
    assert tries == [2, 2]


async def test_of_a_group_that_crossed_each_goes_by_itself(gateway, tries):
    """It holds nothing then, while it waits for what another holds."""
    both, once = threading.Barrier(2), set()

    def work(mine, meet):
        def run(connection):
            locked(connection, mine)
            if meet and threading.get_ident() not in once:
                once.add(threading.get_ident())
                both.wait(20)
            return mine

        return run

    with capture_logs() as logged, closing(Writer(gateway.database)) as one, closing(Writer(gateway.database)) as other:
        answers = await asyncio.gather(
            *(one.write(work(name, name == "a")) for name in "abc"),
            *(other.write(work(name, name == "b")) for name in "bad"),
        )
    assert answers == [*"abc", *"bad"]
    assert sorted(tries) == [1, 1, 1, 3, 3]
    assert [(one["event"], one["pieces"]) for one in logged] == [("store.crossed", 3)]


def rate(connection, name):
    """Anything that is written."""
    counts.add(connection, rates.RATE, 1, name)


@pytest.mark.parametrize("crossed", [False, True])
async def test_what_the_server_cannot_hold_is_put_off_alone(gateway, tries, monkeypatch, crossed):
    """Its neighbours are written; those behind it are tried also where each goes by itself: no server is gone."""
    last = "select setval('attempt_id_seq', 9223372036854775807)"
    gateway.database.write(lambda c: c.exec_driver_sql(last))
    receipt = await gateway.receive(letter())
    named = Prepared(insert(t.attempt).values(ref="r", message_id=receipt.id, found="tag"))
    try_ = GroupCommit._try

    def trying(kept, group):
        if crossed and len(group) > 1:
            tries.append(len(group))
            raise Crossed("deadlock detected")
        return try_(kept, group)

    monkeypatch.setattr(GroupCommit, "_try", trying)
    tries.clear()
    with capture_logs() as logged, closing(Writer(gateway.database)) as one:
        works = (lambda c: rate(c, "before"), named.run, lambda c: rate(c, "after"))
        before, unfit, after = await asyncio.gather(*map(one.write, works), return_exceptions=True)
    assert (before, after) == (None, None)
    assert isinstance(unfit, Unavailable)
    assert "reached maximum value of sequence" in str(unfit)
    assert tries == ([3, 1, 1, 1] if crossed else [3])
    assert [one["event"] for one in logged if one["log_level"] == "warning"] == ["store.unfit"]


async def test_a_server_that_is_gone_is_not_waited_for_by_each(gateway, monkeypatch):
    """Of a group that crossed: a connection that cannot be made may take seconds, and there are 64."""
    tries = []

    def gone(_, group):
        tries.append(len(group))
        raise Crossed("deadlock detected") if len(group) > 1 else Unavailable("connection refused")

    monkeypatch.setattr(GroupCommit, "_try", gone)
    with closing(Writer(gateway.database)) as one:
        answers = await asyncio.gather(*(one.write(lambda _: 1) for _ in range(3)), return_exceptions=True)
    assert [str(one) for one in answers] == ["connection refused"] * 3
    assert tries == [3, 1]


async def test_groups_that_cross_are_begun_anew(gateway):
    """Of two that wait for each other PostgreSQL ends one: nobody hears of it, and each is written once."""
    both, tries = threading.Barrier(2), []

    def work(mine, others):
        def run(connection):
            locked(connection, mine)
            tries.append(mine)
            if len(tries) <= 2:
                both.wait(20)
            serialise(connection, others)
            return mine

        return run

    with closing(Writer(gateway.database)) as one, closing(Writer(gateway.database)) as other:
        answers = await asyncio.gather(one.write(work("a", "b")), other.write(work("b", "a")))
    assert answers == ["a", "b"]
    assert len(tries) == 3 <= TRIES + 1


async def test_a_server_that_was_restarted_is_there_again_without_a_hand(gateway, cluster):
    """While it is away mail is put off; then the next goes in, over connections that are new."""
    await gateway.receive(letter(message_id="before@rossi.example"))
    cluster.stop()
    away = await gateway.receive(letter(message_id="meanwhile@rossi.example"))
    cluster.start()
    back = await gateway.receive(letter(message_id="meanwhile@rossi.example"))
    assert isinstance(away.verdict, Defer)
    assert (back.verdict.disposition, len(gateway.messages)) == (Disposition.ACCEPT, 2)


async def test_a_restart_between_two_messages_is_not_noticed_by_look_ups(gateway, cluster):
    """Each kept connection was lost: asked once more, over a new one, before anybody hears of it."""
    before = await gateway.store.keyring()
    cluster.stop()
    cluster.start()
    assert await gateway.store.keyring() == before


def test_a_commit_is_on_disk_whatever_the_server_does_for_others(gateway, unless_told):
    """I3: a server that was told to answer before it has written is told otherwise by us."""
    unless_told("synchronous_commit", "off")
    assert gateway.database.write(lambda c: c.exec_driver_sql("show synchronous_commit").scalar()) == "on"


def test_what_is_long_by_right_is_not_cut_off_by_the_server(gateway, unless_told):
    """A migration, an import, an erasure: also behind a search, which has a time of its own."""
    unless_told("statement_timeout", "50ms")

    def times(connection):
        yield connection.exec_driver_sql("show statement_timeout").scalar()
        with within(connection, 1):
            yield connection.exec_driver_sql("show statement_timeout").scalar()
        yield connection.exec_driver_sql("show statement_timeout").scalar()

    assert gateway.database.write(lambda c: list(times(c))) == ["0", "1s", "0"]


@pytest.mark.usefixtures("url")
def test_a_database_of_another_encoding_is_refused(cluster):
    """It would refuse mail by its letters, one day."""
    cluster.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    told = pytest.raises(Unavailable, match="its encoding is LATIN1; make one with --encoding=UTF8")
    with closing(Database(cluster.url("latin")).open()) as one, told:
        one.read(lambda c: c.exec_driver_sql("select 1").scalar())
    cluster.sql("DROP DATABASE latin")
