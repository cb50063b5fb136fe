"""One database with its accounts, made once; one sink for the gateway's own mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import free_port


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds the accounts."""
    gateway = Gateway(tmp_path_factory.mktemp("prepared"), smarthost=9)
    gateway.prepare()
    return gateway.folder


@pytest.fixture
def mailboxes() -> Iterator[Sink]:
    """The smarthost of the gateway, which keeps what it is given."""
    with Sink(free_port()) as sink:
        yield sink


@pytest.fixture
def gateway(tmp_path: Path, mailboxes: Sink, prepared: Path) -> Iterator[Gateway]:
    """The gateway, serving."""
    with Gateway(tmp_path, mailboxes.port, prepared=prepared) as running:
        yield running
