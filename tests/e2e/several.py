"""Several gateways over one PostgreSQL: a configuration for each, and what is in their database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from e2e.border import message
from e2e.process import Gateway
from e2e.waiting import until
from postgresql import Cluster

SECONDS = 60


def over(cluster: Cluster, url: str, folder: Path, smarthost: int) -> Gateway:
    """A gateway on this database, not started yet; octets too long for it are in a folder that all share."""
    gateway = Gateway(folder, smarthost)
    config = gateway.config.read_text().replace("sqlite:///gateway.db", url)
    gateway.config.write_text(f"{config}spool: spool\ntokens: tokens\nblobs: {{path: {folder.parent / 'blobs'}}}\n")
    return gateway


@contextmanager
def two_over(cluster: Cluster, url: str, folder: Path, smarthost: int) -> Iterator[tuple[Gateway, Gateway]]:
    """Two that serve."""
    one, other = (over(cluster, url, folder / name, smarthost) for name in ("one", "other"))
    one.prepare()
    with ExitStack() as stack:
        for gateway in (one, other):
            stack.push(gateway.__exit__)
            gateway.spawn()
        for gateway in (one, other):
            until(gateway._ready, "a gateway", SECONDS)
        yield one, other


def letter(number: int) -> bytes:
    """A customer's message."""
    return message(message_id=f"<{number}@rossi.example>", subject=f"n {number}")


def takes(gateway: Gateway, number: int) -> bool:
    """Whether it takes this one now."""
    try:
        gateway.accept(letter(number))
    except AssertionError:  # 4xx: later
        return False
    return True


def nodes(cluster: Cluster, url: str) -> int:
    """How many gateways count as alive."""
    return len(cluster.sql("SELECT id FROM node", name_of(url)))


def name_of(url: str) -> str:
    """The database's own name."""
    return url.rpartition("/")[2]
