"""PostgreSQL beside SQLite; and far away, where what counts is how often it is waited for, one gateway beside two."""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median

import psycopg
import servers
import usage
from load import load
from mix import accounts_csv
from report import table
from servers import Server
from sqlalchemy.engine import make_url

from e2e.process import Gateway
from e2e.several import name_of, over
from e2e.waiting import LOOPBACK, free_port
from postgresql import Cluster

ROUNDS = 3
SECONDS = 3.0
CONNECTIONS = (1, 10, 50)
FAR = (10, 50)
"""Connections to each gateway."""
_PROXY = str(Path(__file__).with_name("far.py"))
_AWAY_MS = 1
_TRIPS = 50


def main() -> None:
    """Both tables, as Markdown."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        closing(socket.create_server((LOOPBACK, 0))) as silent,
        Cluster() as cluster,
    ):
        for measure in (near, far):
            with ExitStack() as stack:
                measure(stack, Path(folder) / measure.__name__, cluster, silent.getsockname()[1])


def near(stack: ExitStack, folder: Path, cluster: Cluster, silent: int) -> None:
    """On the same processors, in turns."""
    file, _ = stack.enter_context(servers.gateway(folder / "file"))
    url = stack.enter_context(cluster.database())
    server = started(stack, over(cluster, url, folder / "server", silent), folder)
    found: dict[tuple[str, int], list[tuple[float, float, float]]] = defaultdict(list)
    for one in (file, server):
        load(one, 10, 2.0)
    for _ in range(ROUNDS):
        for connections in CONNECTIONS:
            for name, one in (("SQLite", file), ("PostgreSQL", server)):
                before = usage.cpu(cluster.pid)
                run = load(one, connections, SECONDS)
                its = (usage.cpu(cluster.pid) - before) / max(run["messages"], 1) * 1000
                found[name, connections].append((run["rate"], run["cpu"], its))  # of SQLite: a server that idles
    rows = [(name, *(cell(found[name, n]) for n in CONNECTIONS)) for name in ("SQLite", "PostgreSQL")]
    table("messages a second (CPU a message of the gateway and of the server, ms)", *CONNECTIONS, rows=rows)


def cell(runs: list[tuple[float, float, float]]) -> str:
    """The medians of a figure's rounds."""
    rate, own, its = (median(one) for one in zip(*runs, strict=True))
    return f"{rate:.0f} ({own:.1f} and {its:.1f})"


def far(stack: ExitStack, folder: Path, cluster: Cluster, silent: int) -> None:
    """Behind a proxy that holds back what passes, each gateway its own; the processors are shared still."""
    url = stack.enter_context(cluster.database())
    gateways = []
    for number in range(2):
        port = free_port()
        arguments = (str(port), str(make_url(url).port), str(_AWAY_MS))
        stack.enter_context(servers.started(f"far {number}", sys.executable, _PROXY, *arguments, port=port))
        away = make_url(url).set(port=port)
        gateways.append(over(cluster, away.render_as_string(), folder / f"{number}", silent))
    trip = round_trip(gateways[0])
    both = [started(stack, one, folder, fill=not number) for number, one in enumerate(gateways)]
    name = name_of(url)
    cluster.sql(f"ALTER DATABASE {name} SET deadlock_timeout = '1s'")  # as it is elsewhere; our own is less
    for one in both:
        load(one, FAR[0], 2.0)
    found = defaultdict(list)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(ROUNDS):
            for connections in FAR:
                found["one", connections].append(load(both[0], connections, SECONDS)["rate"])
                runs = [  # of the same customers, in opposite order: where two stand in each other's way, it is here
                    threads.submit(load, one, connections, SECONDS, *options)
                    for one, options in zip(both, ((), ("--backwards",)), strict=True)
                ]
                found["two", connections].append(sum(run.result()["rate"] for run in runs))
    rows = [(who, *(f"{median(found[who, n]):.0f}" for n in FAR)) for who in ("one", "two")]
    [(deadlocks,)] = cluster.sql(f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{name}'")  # noqa: S608
    table(f"gateways, {trip:.1f} ms to the server and back, {deadlocks} deadlocks: messages a second", *FAR, rows=rows)


def round_trip(gateway: Gateway) -> float:
    """Milliseconds until the server has answered, as the gateway meets it."""
    url = next(line.split(": ", 1)[1] for line in gateway.config.read_text().splitlines() if "postgresql://" in line)
    with psycopg.connect(url.strip(), autocommit=True) as connection:
        connection.execute("select 1")
        start = time.monotonic()
        for _ in range(_TRIPS):
            connection.execute("select 1")
        return (time.monotonic() - start) / _TRIPS * 1000


def started(stack: ExitStack, gateway: Gateway, folder: Path, *, fill: bool = True) -> Server:
    """It serves, with the accounts of the mix and room for the client."""
    crowd = gateway.config.read_text().replace("connections_per_peer: 50", "connections_per_peer: 100")
    gateway.config.write_text(crowd)
    if fill:
        gateway.prepare()
        file = folder / "customers.csv"
        file.write_text(accounts_csv())
        done = gateway.cli("accounts", "import", str(file))
        assert done.returncode == 0, done.stderr
    stack.enter_context(gateway)
    return Server("gateway", gateway.smtp, gateway.running.pid)
