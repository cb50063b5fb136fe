"""Debian's PgBouncer before a cluster, on a free loopback port, ended by its pid."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import pytest

from e2e.waiting import LOOPBACK, accepts, free_port, until
from postgresql import OWNER, USER, Cluster, as_owner

CONFIG = """\
[databases]
* = host={host} port={server}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {home}/users
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits
default_pool_size = 40
"""


class PgBouncer:
    """`with PgBouncer(cluster) as pooler:` has it running; a session for each client, or for each transaction."""

    def __init__(self, cluster: Cluster, mode: str = "session") -> None:
        self._server, self._mode, self.port = cluster.port, mode, free_port()

    def __enter__(self) -> Self:
        if shutil.which("pgbouncer") is None:
            pytest.fail("pgbouncer is not here: apt-get install pgbouncer")
        self._home = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
        shutil.chown(self._home, OWNER)
        (self._home / "users").write_text(f'"{USER}" ""\n')
        config = CONFIG.format(host=LOOPBACK, server=self._server, port=self.port, home=self._home, mode=self._mode)
        (self._home / "pgbouncer.ini").write_text(config)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def start(self) -> None:
        """Returns when it listens."""
        with (self._home / "log").open("ab") as log:
            command = [*as_owner(), "pgbouncer", self._home / "pgbouncer.ini"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: accepts(self.port) or self._process.poll() is not None, "PgBouncer")
        if self._process.poll() is not None:
            pytest.fail((self._home / "log").read_text())

    def before(self, url: str) -> str:
        """The address of a database by way of this."""
        return url.replace(f":{self._server}/", f":{self.port}/")

    def kill(self) -> None:
        """As in a crash: all of its clients lose their connections at once."""
        self._process.kill()
        self._process.wait(20)
