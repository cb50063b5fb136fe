"""Several gateways over one PostgreSQL: a configuration for each, and what is in their database."""

from __future__ import annotations

from pathlib import Path

from e2e.process import Gateway
from postgresql import Cluster


def over(cluster: Cluster, url: str, folder: Path, smarthost: int) -> Gateway:
    """A gateway on this database, not started yet; octets too long for it are in a folder that all share."""
    gateway = Gateway(folder, smarthost)
    config = gateway.config.read_text().replace("sqlite:///gateway.db", url)
    gateway.config.write_text(f"{config}spool: spool\ntokens: tokens\nblobs: {{path: {folder.parent / 'blobs'}}}\n")
    return gateway


def nodes(cluster: Cluster, url: str) -> int:
    """How many gateways count as alive."""
    return len(cluster.sql("SELECT id FROM node", name_of(url)))


def name_of(url: str) -> str:
    """The database's own name."""
    return url.rpartition("/")[2]
