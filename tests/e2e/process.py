"""The real process, `gateway --config FILE run`, in a folder of its own: reached by socket, signal and command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import smtplib
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

from e2e.waiting import LOOPBACK, answers, free_port, until
from gateway.cli import COMMANDS
from warm import Forked, Warm

ROOT = Path(__file__).parents[2]
SUPPORT = "support@example.it"
READY_SECONDS = 60
END_SECONDS = 20
COMMAND_SECONDS = 60
WRITTEN_OCTETS = 64 * 1024 * 1024

ACCOUNTS = """\
accounts:
  - code: ROSSI-001
    name: Rossi S.r.l.
    language: it
    primary: amministrazione@rossi.example
    secondary: [tecnico@rossi.example, comune@shared.example]
    services:
      - {kind: domain, name: rossi.example}
  - code: SMITH-002
    name: Smith Ltd
    language: en
    primary: admin@smith.example
    secondary: [dev@smith.example, comune@shared.example]
    services:
      - {kind: domain, name: smith.example}
"""
"""Two accounts; comune@shared.example stands on both, and so names neither."""

_CONFIG = """\
hostname: gateway.example.it
addresses: [support@example.it, assistenza@example.it]
database: sqlite:///gateway.db
policies: policies
languages: [it, en]
smtp:
  - name: from-mta
    listen: 127.0.0.1:{smtp}
    protocol: smtp
    position: behind-mta
    trusted_authserv_ids: [mx.example.it]
    peers: [127.0.0.1]
  - name: from-mta-lmtp
    listen: 127.0.0.1:{lmtp}
    protocol: lmtp
    position: behind-mta
    trusted_authserv_ids: [mx.example.it]
    peers: [127.0.0.1]
outbound:
  smarthost: 127.0.0.1:{smarthost}
  tls: none
  from: "Assistenza <support@example.it>"
  bounces: bounces@example.it
  retry: {{first: 1s, longest: 2s, give_up: 1d}}
limits:
  message: 25MiB
  connections: 100
  connections_per_peer: 50
  acknowledgements: {{per_account: 1000000/day, per_ticket: 1}}
  recipients: 100
"""


_UNASKED = ("encodings.unicode_escape", "encodings.idna", "argparse")
"""Imported when it is needed: a fork that is root no more may be unable to read the interpreter's files."""

Process = Forked | subprocess.Popen[bytes]


@dataclass
class Gateway:
    """`with Gateway(folder, smarthost) as gateway:` has it serving, and kills it at the end."""

    folder: Path
    smarthost: int
    smtp: int = field(default_factory=free_port)
    lmtp: int = field(default_factory=free_port)
    prepared: Path | None = None
    """A folder whose database is copied instead of making another, which is quicker."""
    daemon: str = "gateway.__main__:main"
    """What runs as the daemon, where that is not the gateway alone."""
    variables: dict[str, str] = field(default_factory=dict)
    """Of its environment, besides ours."""
    within: tuple[str, ...] = ()
    """What starts a fresh process, as `nsenter ...`."""
    fresh: bool = False
    """Whether each process is an interpreter of its own, as in production, and not a fork of a warm one."""
    process: Process | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "gateway.yaml"
        self.errors = self.folder / "stderr"
        self.config.write_text(_CONFIG.format(smtp=self.smtp, lmtp=self.lmtp, smarthost=self.smarthost))
        policies = self.folder / "policies"  # those shipped, but for the limits: what tests send is a flood
        policies.mkdir(exist_ok=True)
        for file in (ROOT / "policies").glob("*.yaml"):
            (policies / file.name).write_text(re.sub(r"\d+/hour", "1000000/hour", file.read_text()))

    def __enter__(self) -> Self:
        if self.prepared is None:
            self.prepare()
        else:
            self.copy()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill9()

    def prepare(self) -> None:
        """The database with its accounts, as ops would make it before the first start."""
        accounts = self.folder / "accounts.yaml"
        accounts.write_text(ACCOUNTS)
        for command in (["migrate"], ["accounts", "import", str(accounts)]):
            done = self.cli(*command)
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def copy(self) -> None:
        """The same from the folder where it is `prepared`."""
        assert self.prepared is not None
        for part in self.prepared.glob("gateway.db*"):
            shutil.copy(part, self.folder)

    def start(self) -> None:
        """Start it, and return when both listeners answer."""
        self.spawn()
        until(self._ready, f"the gateway: {self.stderr()}", READY_SECONDS)

    def spawn(self) -> Process:
        """Start it and wait for nothing."""
        with self.errors.open("ab") as errors, Path(os.devnull).open("rb") as nothing:
            self.process = self._start("run", stdin=nothing, stdout=errors, stderr=errors)
        return self.process

    def kill9(self) -> None:
        """End it as a power cut would."""
        self.running.kill()
        self.running.wait(END_SECONDS)

    def terminate(self) -> int:
        """Ask it to drain and end; its exit code."""
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(END_SECONDS)

    def restart(self) -> None:
        """Drain it, and start it again on the same ports and files."""
        self.terminate()
        self.start()

    @property
    def running(self) -> Process:
        """The process, which must have been started."""
        assert self.process is not None, "not started"
        return self.process

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.running.poll() is None

    def peak_rss(self) -> int:
        """The most memory it ever held, in MiB (proc(5), VmHWM)."""
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024

    def stderr(self) -> str:
        """All that it logged."""
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""

    def cli(self, *arguments: str, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run one command of the command line beside the daemon."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        with TemporaryFile() as read, TemporaryFile() as stdout, TemporaryFile() as stderr:
            read.write(given)
            read.seek(0)
            done = self._start(*arguments, stdin=read, stdout=stdout, stderr=stderr)
            try:
                code = done.wait(COMMAND_SECONDS)
            finally:
                done.kill()
            written = [os.pread(one.fileno(), WRITTEN_OCTETS, 0).decode() for one in (stdout, stderr)]
        return subprocess.CompletedProcess([*arguments], code, *written)

    def records(self, *arguments: str) -> list[dict[str, Any]]:
        """The records that a command prints with --json; it must succeed."""
        return self.records_of(0, *arguments)

    def records_of(self, code: int, *arguments: str) -> list[dict[str, Any]]:
        """The same of a command that ends with `code`."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == code, f"{arguments}: exit {done.returncode}: {done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def accept(self, data: bytes, reverse_path: str = "x@rossi.example", paths: Sequence[str] = (SUPPORT,)) -> str:
        """Hand one message over by SMTP; the id under which it was committed."""
        with self.connection() as client:
            return committed_id(*hand_over(client, data, reverse_path, paths))

    def connection(self) -> AbstractContextManager[smtplib.SMTP]:
        """A connection to the SMTP listener, closed at the end without a QUIT that a 421 may have overtaken."""
        return closing(smtplib.SMTP(LOOPBACK, self.smtp, timeout=30))

    def database(self) -> sqlite3.Connection:
        """The database by our own hands, in autocommit."""
        return sqlite3.connect(self.folder / "gateway.db", isolation_level=None)

    def message(self, message_id: str) -> dict[str, Any]:
        """The record of one message."""
        return self.records("messages", "show", message_id)[0]

    def _ready(self) -> bool:
        assert self.alive(), f"it ended with {self.running.returncode}: {self.stderr()}"
        return answers(self.smtp) and answers(self.lmtp)

    def _start(self, *arguments: str, **streams: IO[bytes]) -> Process:
        command = ["--config", str(self.config), *arguments]
        if self.fresh:
            program = [*self.within, sys.executable, "-m", "gateway", *command]
            return subprocess.Popen(program, cwd=self.folder, **streams)
        warm = _warm(os.environ.get("PYTHONPATH"))
        if arguments != ("run",):
            return warm.start("gateway.__main__:main", command, self.folder, **streams)
        inherited = {**os.environ, **self.variables}
        tests = [str(ROOT / "tests")]
        return warm.start(self.daemon, command, self.folder, environment=inherited, path=tests, **streams)


@cache
def _warm(_path: str | None) -> Warm:
    """One for each place where the package is imported from."""
    commands = {f"gateway.cli.{module}" for module, _ in COMMANDS.values()}
    return Warm("gateway.__main__", "alembic.command", *_UNASKED, *sorted(commands))


def hand_over(
    client: smtplib.SMTP, data: bytes, reverse_path: str, paths: Sequence[str] = (SUPPORT,)
) -> tuple[int, bytes]:
    """One transaction on an open connection; the reply after the dot."""
    client.ehlo_or_helo_if_needed()
    code, words = client.mail(reverse_path)
    assert code == 250, words
    for path in paths:
        code, words = client.rcpt(path)
        assert code == 250, (path, words)
    return client.data(data)


def committed_id(code: int, words: bytes) -> str:
    """The id that a 250 promises: its last word."""
    assert code == 250, (code, words)
    return words.decode().split()[-1]


def children(pid: int) -> list[int]:
    """Of a process (proc(5))."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
