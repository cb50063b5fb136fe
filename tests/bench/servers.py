"""Those who are compared: each listens on a port of its own, and says what processor time and memory it has used."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
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

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """`pid` is the process; with a `tree`, its descendants work for it too."""

    name: str
    port: int
    pid: int
    tree: bool = False

    def cpu(self) -> float:
        """Seconds of user and system time so far (proc(5), stat), of children that have ended too where they count."""
        processes = _processes()
        family = _family(self.pid, processes) if self.tree else [self.pid]
        return sum(sum(processes[pid][1:]) if self.tree else sum(processes[pid][1:3]) for pid in family) / _TICKS

    def peak_rss(self) -> int:
        """The most memory that the process ever held, in MiB (proc(5), VmHWM). Of a tree it would say little."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[Server, Gateway]]:
    """The real process on SQLite. Its smarthost accepts and never says a word, so that letters are held."""
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        process = Gateway(folder, silent.getsockname()[1])
        crowd = process.config.read_text().replace("connections_per_peer: 50", "connections_per_peer: 100")
        process.config.write_text(crowd)
        process.prepare()
        accounts = folder / "customers.csv"
        accounts.write_text(accounts_csv())
        done = process.cli("accounts", "import", str(accounts))
        assert done.returncode == 0, done.stderr
        try:
            process.start()
            yield Server("gateway", process.smtp, process.running.pid), process
        finally:
            if process.process is not None:
                process.kill9()


def tickets(process: Gateway) -> int:
    """How many messages became an entry of a ticket and an acknowledgement in the outbox."""
    with closing(sqlite3.connect(process.folder / "gateway.db")) as database:
        query = "select count(*) from message m join entry e on e.message_id = m.id where m.disposition = 'accept'"
        return int(database.execute(query).fetchone()[0])


@contextmanager
def postfix() -> Iterator[tuple[Server, Postfix]]:
    """Debian's Postfix: what it takes is safe in its hold queue, and stays there."""
    hold = "smtpd_data_restrictions = check_sender_access static:HOLD\nin_flow_delay = 0\n"
    with Postfix(free_port(), settings=hold) as mta:
        yield Server("postfix", mta.port, mta.master, tree=True), mta


@contextmanager
def discarding() -> Iterator[Server]:
    """A bare aiosmtpd that keeps nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("discard.py")), str(port)])
    try:
        until(lambda: accepts(port), "aiosmtpd")
        yield Server("aiosmtpd, discarding", port, process.pid)
    finally:
        process.kill()
        process.wait()


def _processes() -> dict[int, list[int]]:
    """For each process its parent, and its ticks: user, system, and those of children that have ended."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        found[int(path.parent.name)] = [int(fields[1]), *map(int, fields[11:15])]
    return found


def _family(pid: int, processes: dict[int, list[int]]) -> list[int]:
    members = [pid]
    for member in members:
        members.extend(child for child, (parent, *_) in processes.items() if parent == member)
    return members
