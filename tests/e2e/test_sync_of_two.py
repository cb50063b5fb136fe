"""Two gateways over one PostgreSQL, each with the timer of the same source: one asks it, and who is left takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.several import name_of, over
from e2e.waiting import free_port, until
from gateway.core.roster import KEYS
from postgresql import Cluster

pytestmark = pytest.mark.slow

SOURCE = "accounts: {{sources: [{{name: crm, every: 1s, file: {{path: {}.csv}}}}]}}\n"
KEPT = "SELECT code FROM account WHERE source = 'crm'"


@pytest.fixture
def two(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[str, list[Gateway]]]:
    """Both run; what each finds in the source names itself, so that whoever asked shows in the accounts."""
    with cluster.database() as url:
        gateways = [over(cluster, url, tmp_path / name, free_port()) for name in ("one", "other")]
        for one in gateways:
            name = one.folder.name
            one.config.write_text(one.config.read_text() + SOURCE.format(name))
            (one.folder / f"{name}.csv").write_text(f"{','.join(KEYS)}\n{name},V,it,active,posta@{name}.example,,\n")
        try:
            for one in gateways:
                one.spawn()
            for one in gateways:
                until(one._ready, "a gateway")
            yield url, gateways
        finally:
            for one in gateways:
                one.__exit__()


def test_one_asks_and_the_other_takes_over(cluster: Cluster, two: tuple[str, list[Gateway]]) -> None:
    """Many rounds are one gateway's alone, without a word of the other; kill -9, and the other's say what is."""
    url, gateways = two

    def sql(query: str) -> list[object]:
        return [row[0] for row in cluster.sql(query, name_of(url))]

    [[before]] = until(lambda: cluster.sql("SELECT round FROM source", name_of(url)), "a round")
    until(lambda: sql("SELECT round FROM source") > [before], "one more, now that both have looked")
    [first] = sql(KEPT)
    asks, waits = sorted(gateways, key=lambda one: one.folder.name != first)
    assert sql("SELECT audit.by FROM audit WHERE action = 'accounts.sync'") == ["sync:crm"]
    assert "accounts.sync" not in waits.stderr()
    asks.kill9()
    until(lambda: sql(KEPT) == [waits.folder.name], "the other's round")
    until(lambda: waits.stderr().count("accounts.synced") == 1, "its word of it")
    assert "accounts.sync-failed" not in waits.stderr() + asks.stderr()
