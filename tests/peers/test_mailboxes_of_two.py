"""A mailbox of a real Dovecot that two gateways know: one reads it, the other takes over, no mail is taken in twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.several import name_of, over
from e2e.sink import Sink
from e2e.waiting import free_port, until
from peers.dovecot import Dovecot, required
from peers.mailboxes import USERS, count, entry, ids, mail
from postgresql import Cluster

pytestmark = [pytest.mark.peers, pytest.mark.slow]

NUMBER = 200
SECONDS = 120
BOX = "box-0"
FOUR = sorted(USERS)[:4]
EACH = 50
"""Mails in each of four."""


class Both:
    """Two gateways that read the same mailbox, and what their database says of it."""

    def __init__(self, cluster: Cluster, url: str, gateways: list[Gateway]) -> None:
        self.cluster, self.url, self.gateways = cluster, url, gateways

    def one(self, query: str) -> object:
        """The first column of the first row."""
        rows = self.cluster.sql(query, name_of(self.url))
        return rows[0][0] if rows else None

    def done(self) -> int:
        """How many are taken in and moved."""
        return int(str(self.one("SELECT count(*) FROM mail WHERE step = 'done'")))

    def reader(self) -> Gateway | None:
        """Who has the lease."""
        pid = self.one("SELECT pid FROM node JOIN lease ON lease.node_id = node.id WHERE name = 'box-0'")
        return next((one for one in self.gateways if one.running.pid == pid), None)

    def other_than(self, gateway: Gateway) -> bool:
        """Whether the mailbox is read, and by the other one."""
        now = self.reader()
        return now is not None and now is not gateway

    def each_once(self) -> None:
        """A message, a ticket and a place for each mail; none of them counts twice."""
        assert self.one("SELECT count(*) FROM message") == NUMBER
        assert self.one("SELECT count(*) FROM message WHERE disposition = 'accept'") == NUMBER
        assert self.one("SELECT count(*) FROM ticket") == NUMBER


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """One mailbox, full of customers' mail."""
    required()
    with Dovecot({BOX: USERS[BOX]}) as server:
        server.deliver(BOX, [mail(4 * number)[1] for number in range(NUMBER)])
        yield server


@pytest.fixture
def both(cluster: Cluster, tmp_path: Path, dovecot: Dovecot) -> Iterator[Both]:
    """Both run, and a quarter is done."""
    with cluster.database() as url, Sink(free_port()) as sink:
        gateways = [over(cluster, url, tmp_path / name, sink.port) for name in ("one", "other")]
        for one in gateways:
            one.config.write_text(f"{one.config.read_text()}imap:\n{entry(one.folder, dovecot, BOX)}")
        gateways[0].prepare()
        try:
            for one in gateways:
                one.spawn()
            for one in gateways:
                until(one._ready, "a gateway", SECONDS)
            found = Both(cluster, url, gateways)
            until(lambda: found.done() > NUMBER // 10, "some of them", SECONDS)
            yield found
        finally:
            for one in gateways:
                one.__exit__()


def test_a_dead_readers_mailbox_is_taken_over(both: Both, dovecot: Dovecot) -> None:
    """Kill -9 for the reader: the other one finishes, and each mail is one ticket."""
    reader = both.reader()
    assert reader is not None
    reader.kill9()
    until(lambda: both.done() == NUMBER, "all of them", SECONDS)
    assert both.other_than(reader)
    assert (count(dovecot, BOX), count(dovecot, BOX, "Done")) == (0, NUMBER)
    both.each_once()


def test_a_reader_that_was_stopped_writes_nothing_when_it_wakes(both: Both, dovecot: Dovecot) -> None:
    """SIGSTOP, and SIGCONT after the takeover: what it held in its hands is refused, though it knows of nothing."""
    reader = both.reader()
    assert reader is not None
    reader.running.send_signal(signal.SIGSTOP)
    before = both.done()
    until(lambda: both.other_than(reader), "the takeover", SECONDS)
    until(lambda: both.done() == NUMBER, f"the rest, after {before}", SECONDS)
    reader.running.send_signal(signal.SIGCONT)
    until(lambda: reader.stderr().count("node.joined") == 2, "its return as another node", SECONDS)
    dovecot.deliver(BOX, [mail(4 * NUMBER)[1]])
    until(lambda: both.done() == NUMBER + 1, "one more, read by the other", SECONDS)
    assert both.one("SELECT count(*) FROM message") == NUMBER + 1
    assert both.one("SELECT count(*) FROM ticket") == NUMBER + 1
    assert both.one("SELECT count(*) FROM mail") == NUMBER + 1
    assert both.reader() is not reader


def test_who_joins_later_reads_half_of_them(cluster: Cluster, tmp_path: Path) -> None:
    """Four mailboxes, two of them given away amid the work: each mail is one ticket, whoever was at it."""
    required()
    with ExitStack() as stack:
        dovecot = stack.enter_context(Dovecot({box: USERS[box] for box in FOUR}))
        url = stack.enter_context(cluster.database())
        sink = stack.enter_context(Sink(free_port()))
        first, later = gateways = [over(cluster, url, tmp_path / name, sink.port) for name in ("first", "later")]
        for one in gateways:
            mailboxes = "".join(entry(one.folder, dovecot, box) for box in FOUR)
            one.config.write_text(f"{one.config.read_text()}imap:\n{mailboxes}")
            stack.push(one.__exit__)
        numbers = {box: range(4 * at, 16 * (EACH + 1), 16) for at, box in enumerate(FOUR)}  # each is a customer's
        for box in FOUR:
            dovecot.deliver(box, [mail(number)[1] for number in numbers[box][:EACH]])
        first.prepare()
        both = Both(cluster, url, gateways)
        first.spawn()
        until(lambda: both.done() > EACH, "some of them", SECONDS)
        later.spawn()
        shares = "SELECT count(*) FROM lease WHERE name LIKE 'box-%' GROUP BY node_id"
        until(lambda: cluster.sql(shares, name_of(url)) == [(2,), (2,)], "two for each", SECONDS)
        for box in FOUR:
            dovecot.deliver(box, [mail(numbers[box][EACH])[1]])
        until(lambda: both.done() == (EACH + 1) * len(FOUR), "all of them", SECONDS)
        for table in ("message", "ticket"):
            assert both.one(f"SELECT count(*) FROM {table}") == (EACH + 1) * len(FOUR)  # noqa: S608 - of two words
        for box in FOUR:
            assert count(dovecot, box) == 0
            assert set(ids(dovecot, box, "Done")) == {f"<{number}@rossi.example>" for number in numbers[box]}
        assert first.stderr().count("node.gave") == 2
        assert "mailbox.filed" in later.stderr()
