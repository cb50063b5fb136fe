"""The process itself over PostgreSQL: it serves, it is alone, and a server that is killed costs no mail."""

from __future__ import annotations

import signal
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.border import message
from e2e.process import Gateway
from e2e.waiting import until
from postgresql import EMPTY, Cluster

AUTHOR = "tecnico@rossi.example"


@pytest.fixture
def address(cluster: Cluster) -> Iterator[str]:
    """An empty database."""
    with cluster.database(EMPTY) as one:
        yield one


@pytest.fixture
def serving(tmp_path: Path, address: str) -> Iterator[Gateway]:
    """A gateway over it, with its accounts."""
    gateway = Gateway(tmp_path, smarthost=9)
    text = gateway.config.read_text()
    gateway.config.write_text(text.replace("sqlite:///gateway.db", f"{address}\nspool: spool\nblobs: {{path: blobs}}"))
    with gateway:
        yield gateway


def test_it_serves_and_is_alone(serving: Gateway, address: str) -> None:
    """Mail becomes a ticket; status and check name the database; a second daemon is refused."""
    name = serving.accept(message(AUTHOR), AUTHOR)
    assert serving.message(name)["disposition"] == "accept"
    until(lambda: serving.cli("status").returncode == 0, "the first status")
    assert f"database: {address}, " in serving.cli("status").stdout
    assert f"{address}: at schema" in serving.cli("check").stdout
    second = serving.cli("run")
    assert second.returncode == 78
    assert "another gateway runs on this database" in second.stderr
    assert serving.terminate() == 0
    assert serving.cli("status").returncode == 69


def test_a_server_that_is_killed_costs_no_mail(serving: Gateway, cluster: Cluster) -> None:
    """What heard 250 is there after its recovery; meanwhile 451; and afterwards all goes on without a hand."""
    kept = [serving.accept(message(AUTHOR, message_id=f"{n}@rossi.example"), AUTHOR) for n in range(3)]
    cluster.stop(signal.SIGQUIT)
    with pytest.raises(smtplib.SMTPResponseException) as told, serving.connection() as client:
        client.sendmail(AUTHOR, ["support@example.it"], message(AUTHOR, message_id="away@rossi.example"))
    assert told.value.smtp_code == 451
    cluster.start()
    kept.append(serving.accept(message(AUTHOR, message_id="back@rossi.example"), AUTHOR))
    assert [one["id"] for one in serving.records("messages", "list")] == kept
    assert serving.cli("balance").returncode == 0
