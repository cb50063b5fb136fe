"""The servers that are compared, each on a port of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mix import accounts_csv

from e2e.process import Gateway
from e2e.waiting import LOOPBACK, accepts, free_port, until
from peers.postfix import Postfix

GATEWAY, POSTFIX = "gateway", "postfix"


@dataclass(frozen=True, slots=True)
class Server:
    """`pid` is the process that all its own descend from."""

    name: str
    port: int
    pid: int


@contextmanager
def gateway(folder: Path, *, accounts: bool = True) -> Iterator[tuple[Server, Gateway]]:
    """The real process on SQLite. Its smarthost accepts and never says a word, so that letters are held."""
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        process = prepared(folder, silent.getsockname()[1], accounts=accounts)
        with process:
            yield Server(GATEWAY, process.smtp, process.running.pid), process


def prepared(folder: Path, smarthost: int, *, accounts: bool = True) -> Gateway:
    """One that `with` starts, on its database with the accounts of the mix, and with room for a hundred clients."""
    process = Gateway(folder, smarthost, prepared=folder / "prepared", fresh=True)
    crowd = process.config.read_text().replace("connections_per_peer: 50", "connections_per_peer: 100")
    process.config.write_text(crowd)
    process.prepare()
    if accounts:
        file = folder / "customers.csv"
        file.write_text(accounts_csv())
        done = process.cli("accounts", "import", str(file))
        assert done.returncode == 0, done.stderr
    return process


def tickets(process: Gateway) -> int:
    """How many messages became an entry of a ticket."""
    with closing(process.database()) as database:
        query = "select count(*) from message m join entry e on e.message_id = m.id where m.disposition = 'accept'"
        return int(database.execute(query).fetchone()[0])


@contextmanager
def postfix() -> Iterator[tuple[Server, Postfix]]:
    """Debian's Postfix: what it takes is safe in its hold queue, and stays there."""
    hold = "smtpd_data_restrictions = check_sender_access static:HOLD\nin_flow_delay = 0\n"
    with Postfix(free_port(), settings=hold) as mta:
        yield Server(POSTFIX, mta.port, mta.master), mta


@contextmanager
def started(name: str, *command: str, port: int) -> Iterator[Server]:
    """A program that listens on this port until the block ends."""
    process = subprocess.Popen(command)
    try:
        until(lambda: accepts(port), name)
        yield Server(name, port, process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def discarding() -> Iterator[Server]:
    """A bare aiosmtpd that keeps nothing."""
    port = free_port()
    program = str(Path(__file__).with_name("discard.py"))
    with started("aiosmtpd, discarding", sys.executable, program, str(port), port=port) as server:
        yield server
