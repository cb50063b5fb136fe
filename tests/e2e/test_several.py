"""Real gateways over one real PostgreSQL: both accept, each letter goes once, and a dead one's work is taken over."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.several import SECONDS, letter, name_of, nodes, takes, two_over
from e2e.sink import Letter, Sink, taken
from e2e.waiting import until
from postgresql import Cluster

pytestmark = pytest.mark.slow

LETTERS = 100


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """A database for each test."""
    with cluster.database() as address:
        yield address


@pytest.fixture
def two(cluster: Cluster, url: str, tmp_path: Path, mailboxes: Sink) -> Iterator[tuple[Gateway, Gateway]]:
    with two_over(cluster, url, tmp_path, mailboxes.port) as both:
        yield both


def test_both_accept_and_each_letter_goes_once(two: tuple[Gateway, Gateway], mailboxes: Sink) -> None:
    """The outbox is drained by both, none of its letters by both."""
    with ThreadPoolExecutor(8) as senders:
        list(senders.map(lambda number: two[number % 2].accept(letter(number)), range(LETTERS)))
    mailboxes.wait_for(LETTERS, SECONDS)
    until(lambda: all(row["state"] == "delivered" for row in two[0].records("outbox", "list")), "all settled", SECONDS)
    assert set(Counter(one.message["Message-ID"] for one in mailboxes.letters).values()) == {1}
    assert len(mailboxes.letters) == LETTERS
    assert all("outbox.delivered" in gateway.stderr() for gateway in two)


def test_the_same_message_at_both_at_once_is_one_ticket(two: tuple[Gateway, Gateway]) -> None:
    """I4 holds across them: the second waits for the first, and is its duplicate."""
    with ThreadPoolExecutor(8) as senders:
        list(senders.map(lambda number: two[number % 2].accept(letter(0)), range(16)))
    assert [one["entries"] for one in two[0].records("tickets", "list")] == [1]


def test_a_dead_ones_letters_are_sent_by_the_other(
    two: tuple[Gateway, Gateway], mailboxes: Sink, cluster: Cluster, url: str
) -> None:
    """Kill -9 with letters in flight: what it had claimed is free again within seconds, and nobody else is asked."""
    one, other = two

    def cut_off(_letter: Letter) -> str:
        one.running.send_signal(signal.SIGKILL)
        mailboxes.answer = taken
        return "451 4.3.0 nobody hears this"

    other.running.send_signal(signal.SIGSTOP)  # so that the first one has them all
    mailboxes.answer = cut_off
    for number in range(4):
        try:
            one.accept(letter(number))
        except (OSError, AssertionError, EOFError):
            break
    one.running.wait(SECONDS)
    other.running.send_signal(signal.SIGCONT)
    until(lambda: nodes(cluster, url) == 1, "the dead one's end", SECONDS)
    rows = len(cluster.sql("SELECT id FROM outbox", name_of(url)))
    assert rows > 0
    mailboxes.wait_for(rows, SECONDS)


def test_postgresql_is_killed_and_comes_back(cluster: Cluster, two: tuple[Gateway, Gateway], mailboxes: Sink) -> None:
    """Both go on without a hand: they take mail, and send, as before."""
    two[0].accept(letter(1))
    cluster.stop(signal.SIGQUIT)
    cluster.start()
    for number, gateway in enumerate(two, 2):
        until(lambda gateway=gateway, number=number: takes(gateway, number), "a 250", SECONDS)
    until(lambda: len({one.message["In-Reply-To"] for one in mailboxes.letters}) == 3, "three letters", SECONDS)


def test_one_that_is_told_to_end_leaves_nothing_to_be_found(
    two: tuple[Gateway, Gateway], cluster: Cluster, url: str
) -> None:
    """After SIGTERM it is no node any more, whoever looks."""
    assert nodes(cluster, url) == 2
    assert two[0].terminate() == 0
    assert nodes(cluster, url) == 1


def test_two_with_one_status_are_refused(two: tuple[Gateway, Gateway]) -> None:
    """On one machine each has a spool and a status of its own: the same configuration runs once."""
    again = two[0].cli("run")
    assert again.returncode == 78
    assert "another gateway runs" in again.stderr
