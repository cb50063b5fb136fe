"""A Postfix of our own: configuration, queue and log in a temporary folder, on a free loopback port, ended by its pid.

In front of the gateway it plays the border MTA: by the reverse-path it puts an Authentication-Results field on top, and
routes what is ours to the gateway's SMTP or LMTP port. Behind the gateway it plays the smarthost. Whatever else it has
to deliver, bounces above all, goes to `elsewhere`, where a test can see it.

Seen with Debian's Postfix 3.7: an access table's PREPEND stands above the border's own Received, as a milter's field
does. It is asked at DATA, because before that it would be asked, and would prepend, once for each recipient.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import smtplib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from e2e.waiting import LOOPBACK, accepts, free_port, until

HOSTNAME = "mx.example.it"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = {hostname}
myorigin = {hostname}
mydestination =
local_recipient_maps =
local_transport = error:nobody lives here
alias_maps =
alias_database =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_data_restrictions = check_sender_access regexp:{home}/stamps
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtp_connection_cache_on_demand = no
lmtp_connection_cache_on_demand = no
lmtp_line_length_limit = 0
smtp_line_length_limit = 0
default_destination_concurrency_failed_cohort_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
transport_retry_time = 1s
notify_classes =
transport_maps = regexp:{home}/transport
"""

_MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def required() -> None:
    """Skip where Postfix cannot run, which needs root to become its own user; fail where the package is missing."""
    if os.geteuid() != 0:
        pytest.skip("Postfix's master needs root")
    if shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.fail("Postfix is not here: apt-get install postfix")


@dataclass
class Postfix:
    """`with Postfix(...) as mta:` has it running. Of `routes` and `stamps` the first pattern that fits decides.

    `routes`: a recipient's pattern and its transport, as `smtp:[127.0.0.1]:25`.
    `stamps`: a reverse-path's pattern and the value of the Authentication-Results field that it gets.
    `settings`: further lines of main.cf, which override those before them.
    """

    elsewhere: int
    routes: Sequence[tuple[str, str]] = ()
    stamps: Sequence[tuple[str, str]] = ()
    port: int = field(default_factory=free_port)
    settings: str = ""

    def __post_init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="postfix-"))

    def __enter__(self) -> Self:
        try:
            self._lay_out()
            self._command("postfix", "start")  # returns when the master has its pid file
            until(lambda: accepts(self.port), f"Postfix on {self.port}: {self.log()}")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the master by its pid, and its children with it, and remove the folder."""
        try:
            master = self.master
            os.kill(master, signal.SIGTERM)
            until(lambda: not _alive(master), "Postfix's end")
        except (FileNotFoundError, ProcessLookupError):
            pass  # it never started, or has gone by itself
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def master(self) -> int:
        """The pid of the process that all others are children of. Raises FileNotFoundError before the start."""
        return int((self._home / "queue/pid/master.pid").read_text())

    def submit(self, data: bytes, reverse_path: str, *paths: str) -> None:
        """Hand one message over, as a stranger's server or the gateway would."""
        with smtplib.SMTP(LOOPBACK, self.port, timeout=30) as client:
            client.sendmail(reverse_path, paths, data)

    def queue(self) -> list[dict[str, Any]]:
        """What waits in the queue."""
        return [json.loads(line) for line in self._command("postqueue", "-j").splitlines()]

    def idle(self, seconds: float = 15) -> None:
        """Wait until the queue is empty."""
        until(lambda: not self.queue(), f"an empty queue; {self.log()}", seconds)

    def log(self) -> str:
        """What it logged."""
        path = self._home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def empty(self) -> None:
        """Throw away what waits, so that no test meets the mail of another."""
        self._command("postsuper", "-d", "ALL")

    def _lay_out(self) -> None:
        self._home.chmod(0o755)  # the postfix user must get through
        for name, text in {
            "main.cf": _MAIN.format(home=self._home, hostname=HOSTNAME) + self.settings,
            "master.cf": _MASTER.format(port=f"{LOOPBACK}:{self.port}"),
            "stamps": "".join(f"/{path}/ PREPEND Authentication-Results: {value}\n" for path, value in self.stamps),
            "transport": "".join(
                f"/{path}/ {way}\n" for path, way in (*self.routes, (".", f"smtp:[{LOOPBACK}]:{self.elsewhere}"))
            ),
        }.items():
            (self._home / name).write_text(text)
        (self._home / "queue").mkdir()
        data = self._home / "data"
        data.mkdir()
        os.chown(data, pwd.getpwnam("postfix").pw_uid, -1)

    def _command(self, program: str, *arguments: str) -> str:
        path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
        done = subprocess.run(
            [str(path), "-c", str(self._home), *arguments], capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, f"{program} {arguments}: {done.stdout}{done.stderr}{self.log()}"
        return done.stdout


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
