"""Gateways over a real PgBouncer, a session for each client: what they do over PostgreSQL itself goes on behind it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.several import SECONDS, letter, nodes, over, takes, two_over
from e2e.sink import Sink
from e2e.waiting import until
from peers.pgbouncer import PgBouncer
from postgresql import Cluster

pytestmark = pytest.mark.slow

REFUSED = {
    "transaction": "each transaction is given another session; set `pool_mode = session` in PgBouncer",
    "statement": "transaction blocks not allowed in statement pooling mode",
}


@pytest.fixture
def pooler(cluster: Cluster) -> Iterator[PgBouncer]:
    with PgBouncer(cluster) as running:
        yield running


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    with cluster.database() as address:
        yield address


@pytest.fixture
def two(
    cluster: Cluster, pooler: PgBouncer, url: str, tmp_path: Path, mailboxes: Sink
) -> Iterator[tuple[Gateway, Gateway]]:
    """Two that serve; what they know of the server is the pooler's address."""
    with two_over(cluster, pooler.before(url), tmp_path, mailboxes.port) as both:
        yield both


def test_both_accept_and_a_dead_one_is_buried(
    two: tuple[Gateway, Gateway], mailboxes: Sink, cluster: Cluster, url: str
) -> None:
    """Locks, notifications and pipelines pass; the session of who is gone ends, and its locks with it."""
    one, other = two
    for number in range(20):
        two[number % 2].accept(letter(number))
    mailboxes.wait_for(20, SECONDS)
    assert nodes(cluster, url) == 2
    one.running.send_signal(signal.SIGKILL)
    until(lambda: nodes(cluster, url) == 1, "the dead one's end", SECONDS)
    other.accept(letter(20))
    mailboxes.wait_for(21, SECONDS)


def test_the_pooler_is_killed_and_comes_back(two: tuple[Gateway, Gateway], pooler: PgBouncer, mailboxes: Sink) -> None:
    """As if the server itself had been: 4xx until it is there, then both go on without a hand."""
    two[0].accept(letter(0))
    pooler.kill()
    with pytest.raises(AssertionError, match="4"):
        two[1].accept(letter(1))
    pooler.start()
    for number, gateway in enumerate(two, 2):
        until(lambda gateway=gateway, number=number: takes(gateway, number), "a 250", SECONDS)
    mailboxes.wait_for(3, SECONDS)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_session_for_each_transaction_is_refused(
    mode: str, cluster: Cluster, url: str, tmp_path: Path, mailboxes: Sink
) -> None:
    """What it locks would be locked for others, and what it hears heard by them: it does not begin."""
    with PgBouncer(cluster, mode) as pooler:
        gateway = over(cluster, pooler.before(url), tmp_path / "one", mailboxes.port)
        done, said = gateway.cli("run"), gateway.cli("check")
    assert (done.returncode, said.returncode) == (75, 78)
    for one in (done.stderr, said.stdout):
        assert REFUSED[mode] in one
    assert "Traceback" not in done.stderr
