"""A Dovecot of our own: configuration, mail and log in a temporary folder, on free loopback ports, ended by its pid.

Mail lies in Maildirs, so that a test can put messages there without IMAP. The namespace `Full/` has a quota of its own:
one message for each user.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from e2e.waiting import LOOPBACK, accepts, free_port, until

OWNER = "mail"
"""Whose the mail is, on every Debian."""

_CONF = """\
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
log_path = {home}/log
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = {tls_first}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
mail_max_userip_connections = 0
mail_plugins = quota
namespace inbox {{
  inbox = yes
  separator = /
}}
namespace full {{
  prefix = Full/
  separator = /
  location = maildir:{home}/full/%u
  subscriptions = no
}}
plugin {{
  quota = maildir:full:ns=Full/
  quota_rule = *:messages=1
  quota_grace = 0
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={home}/homes/%u
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
imap_capability = {capability}
{settings}
"""


def required() -> None:
    """Skip where Dovecot cannot run, which needs root to become its own users; fail where the package is missing."""
    if os.geteuid() != 0:
        pytest.skip("Dovecot's master needs root")
    if shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.fail("Dovecot is not here: apt-get install dovecot-imapd")


@dataclass
class Dovecot:
    """`with Dovecot({user: password}) as server:` has it running; its certificate is good for 127.0.0.1 alone.

    `capability` replaces what it offers: `+X` adds, `-X` takes away. `settings`: further lines of the configuration.
    """

    users: Mapping[str, str]
    tls_first: bool = False
    capability: str = ""
    settings: str = ""
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _delivered: int = 0

    def __post_init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="dovecot-"))

    def __enter__(self) -> Self:
        try:
            self._lay_out()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def ca_file(self) -> str:
        """What a client has to trust."""
        return str(self.home / "cert.pem")

    def start(self) -> None:
        """Start it, again too: what lay there lies there."""
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
        self._process = subprocess.Popen(
            [str(program), "-F", "-c", str(self.home / "dovecot.conf")], start_new_session=True
        )
        until(lambda: accepts(self.port) and accepts(self.tls_port), f"Dovecot on {self.port}: {self.log()}")

    def stop(self) -> None:
        """End it and its children, politely."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def log(self) -> str:
        """What it logged."""
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def maildir(self, user: str, folder: str = "") -> Path:
        """Where a folder lies; INBOX when empty. The folder's name is that on the wire."""
        return self.home / "mail" / user / (f".{folder}" if folder else "")

    def deliver(self, user: str, messages: Iterable[bytes], folder: str = "") -> None:
        """Put messages into a folder; their UIDs follow the order."""
        owner = pwd.getpwnam(OWNER)
        root = self.maildir(user, folder)
        for one in (self.home / "mail" / user, root, *(root / name for name in ("cur", "new", "tmp"))):
            one.mkdir(exist_ok=True)
            os.chown(one, owner.pw_uid, owner.pw_gid)
        for message in messages:
            self._delivered += 1
            path = root / "tmp" / f"{self._delivered:010}.M1P1.test"
            path.write_bytes(message.replace(b"\r\n", b"\n"))
            os.chown(path, owner.pw_uid, owner.pw_gid)
            path.rename(root / "new" / path.name)

    def forget_uids(self, user: str, folder: str = "") -> None:
        """Give a folder a new UIDVALIDITY, as a restored backup does."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.maildir(user, folder) / name).unlink(missing_ok=True)

    def client(self, user: str) -> imaplib.IMAP4:
        """A person's mail program: `with server.client(user) as mail: ...`."""
        mail = imaplib.IMAP4(LOOPBACK, self.port, timeout=30)
        mail.login(user, self.users[user])
        return mail

    def _lay_out(self) -> None:
        self.home.chmod(0o755)  # the login user must get through
        for name, text in {
            "dovecot.conf": _CONF.format(
                home=self.home,
                owner=OWNER,
                port=self.port,
                tls_port=self.tls_port,
                tls_first="yes" if self.tls_first else "no",
                capability=self.capability,
                settings=self.settings,
            ),
            "users": "".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in self.users.items()),
        }.items():
            (self.home / name).write_text(text)
        owner = pwd.getpwnam(OWNER)
        for name in ("mail", "full", "homes"):
            (self.home / name).mkdir()
            os.chown(self.home / name, owner.pw_uid, owner.pw_gid)
        certify(self.home / "cert.pem", self.home / "key.pem")

    def _end(self, by: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        if by is signal.SIGKILL:
            os.killpg(self._process.pid, by)
        else:
            self._process.send_signal(by)
        self._process.wait(15)
        self._process = None


def certify(certificate: Path, key: Path) -> None:
    """A certificate for 127.0.0.1 that vouches for itself."""
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=imap.example.it"
    )
    name = "subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*words.split(), "-addext", name, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
