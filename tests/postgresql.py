"""A PostgreSQL of our own: a cluster in a temporary folder, on a free loopback port, ended by its pid; fsync as it is.

It runs as Debian's `postgres`, where root starts it: it refuses root. A test's database is a copy of one that was
migrated once; emptied, it serves the next test, for PostgreSQL takes its time to make and to drop one.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Self

import psycopg
import pytest

from e2e.waiting import LOOPBACK, free_port, until
from gateway.store import schema
from gateway.store.database import Database
from gateway.store.tables import metadata

OWNER = "postgres"
USER = "gateway"
LOCKED, PASSWORD = "locked", "a secret: 'with' @/ everything%"
"""A role that must give its password."""
PROGRAMS = Path("/usr/lib/postgresql")
EMPTY, MIGRATED = "empty", "migrated"
_HBA = f"host all {LOCKED} {LOOPBACK}/32 scram-sha-256\nhost all all {LOOPBACK}/32 trust\n"

file_only = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For a test of what only a file has,"""
server_only = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
"""or only a server."""
_KEY = "INSERT INTO keyring (key, created_at) VALUES (sha256('key'), '2026-11-22T12:00:00.000000Z')"

_HEAD = f"UPDATE alembic_version SET version_num = '{schema.HEAD}'"  # noqa: S608 - the code's own word


def program(name: str) -> str:
    """The newest that is installed; a test that needs it fails where there is none."""
    found = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    if not found:
        pytest.fail("PostgreSQL is not here: apt-get install postgresql")
    return str(found[-1])


def as_owner() -> list[str]:
    """Before a command of the servers, which refuse root."""
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"] if os.geteuid() == 0 else []


@dataclass
class Cluster:
    """`with Cluster() as cluster:` has it running."""

    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self._names, self._free = count(1), []
        self._home = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._data = self._home / "data"
        if os.geteuid() == 0:
            shutil.chown(self._home, OWNER, pwd.getpwnam(OWNER).pw_gid)

    @property
    def pid(self) -> int:
        """The process that all its own descend from."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        try:
            made = [
                "-D",
                self._data,
                f"--username={USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]
            done = subprocess.run([*as_owner(), program("initdb"), *made], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            (self._data / "pg_hba.conf").write_text(_HBA)
            self.start()
            self.sql(f"CREATE ROLE {LOCKED} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
            self.sql(f"CREATE DATABASE {EMPTY} TEMPLATE template0")
            self.sql(f"CREATE DATABASE {MIGRATED} TEMPLATE template0")
            with closing(Database(self.url(MIGRATED)).open()) as database:
                schema.migrate(database, datetime(2026, 11, 22, 12, tzinfo=UTC))
            self._emptying = self._empty()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def start(self) -> None:
        """Returns when it answers."""
        settings = {"port": self.port, "listen_addresses": LOOPBACK, "unix_socket_directories": self._home}
        settings["deadlock_timeout"] = "100ms"  # the time after which it looks for one
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._home / "log").open("ab") as log:
            command = [*as_owner(), program("postgres"), "-D", self._data, *options]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # setpriv becomes it: its pid stays
        until(self.answers, f"PostgreSQL on {self.port}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: at once, and in order; SIGQUIT: as in a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)

    def remove(self) -> None:
        """End it, and remove its folder."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._home, ignore_errors=True)

    def answers(self) -> bool:
        """Whether one can connect."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, name: str, user: str = USER) -> str:
        """The address of a database."""
        return f"postgresql://{user}@{LOOPBACK}:{self.port}/{name}"

    def sql(self, statement: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """Behind the gateway's back."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, template: str = MIGRATED) -> Iterator[str]:
        """The address of a database as new; of one that is not migrated yet nobody is the next."""
        name = self._free.pop() if template == MIGRATED and self._free else self._copy(template)
        yield self.url(name)
        if template == MIGRATED:
            self.sql(self._emptying, name)
            self._free.append(name)

    def _copy(self, template: str) -> str:
        name = f"test_{next(self._names)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _empty(self) -> str:
        """The words that empty a database; its triggers and references do not see them."""
        tables = [f"DELETE FROM {one.name}" for one in metadata.sorted_tables]  # noqa: S608 - the code's own names
        numbers = self.sql("SELECT sequencename FROM pg_sequences", MIGRATED)
        begin_anew = [f"SELECT setval('{name}', 1, false)" for (name,) in numbers]
        return "; ".join(["SET session_replication_role = replica", *tables, *begin_anew, _KEY, _HEAD])
