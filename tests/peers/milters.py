"""Debian's OpenDKIM and OpenDMARC as a border's milters: configuration and sockets in a temporary folder, ended by pid.

Neither can be given the port of a resolver, and OpenDMARC asks only the one in /etc/resolv.conf. So the nameserver of
the tests takes port 53 of a loopback address that nobody else has, and each milter runs in a mount namespace of its own
(unshare(1)) where /etc/resolv.conf names that address and no other: no question leaves the machine.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from e2e.waiting import until
from nameserver import Server
from peers.postfix import HOSTNAME, required

PORT = 53

_OPENDKIM = """\
AuthservID {hostname}
Mode v
InternalHosts 192.0.2.255
AlwaysAddARHeader yes
Nameservers {resolver}
DNSTimeout 5
Background no
Syslog no
UMask 000
Socket local:{home}/opendkim
PidFile {home}/opendkim.pid
"""

_OPENDMARC = """\
AuthservID {hostname}
TrustedAuthservIDs {hostname}
IgnoreHosts {home}/nobody
PublicSuffixList {home}/suffixes
SPFSelfValidate no
DNSTimeout 5
RejectFailures no
Background no
Syslog no
UMask 000
Socket local:{home}/opendmarc
PidFile {home}/opendmarc.pid
"""

_SETTINGS = """\
smtpd_milters = {sockets}
milter_default_action = accept
milter_protocol = 6
"""
"""`accept` is what most borders have, so that a milter that is down does not stop the mail."""


_STRIP = r"""
/^Authentication-Results:.*{hostname}/ IGNORE
/^Received-SPF:/ IGNORE
"""


class Milters:
    """`with Milters(zone) as milters:` has both running; `settings` are the lines of main.cf that use them."""

    def __init__(self, zone: dict[tuple[str, str], list[str]]) -> None:
        self.zone = zone
        self._running: list[subprocess.Popen[bytes]] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        required()
        for program in ("opendkim", "opendmarc"):
            if shutil.which(program, path="/usr/sbin") is None:
                pytest.fail(f"{program} is not here: apt-get install {program}")
        with ExitStack() as stack:
            self.home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="milters-")))
            self.nameserver = stack.enter_context(Server(self.zone, host=_address(), port=PORT))
            stack.callback(self.stop)
            self._lay_out()
            self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def settings(self) -> str:
        """OpenDKIM first: OpenDMARC reads what it wrote."""
        return _SETTINGS.format(sockets=", ".join(f"unix:{self.home}/{one}" for one in ("opendkim", "opendmarc")))

    @property
    def stripping(self) -> str:
        """Further lines: remove what claims to be the milters' own, before they look (RFC 8601 §5)."""
        return f"header_checks = regexp:{self.home}/strip\n"

    def start(self) -> None:
        """Both, in their own view of /etc/resolv.conf."""
        alone = f"mount --bind {self.home}/resolv.conf /etc/resolv.conf && exec "
        for program, option in (("opendkim", "-x"), ("opendmarc", "-c")):
            socket = self.home / program
            socket.unlink(missing_ok=True)
            command = f"{alone} /usr/sbin/{program} -f {option} {self.home}/{program}.conf"
            with (self.home / "log").open("ab") as log:
                running = subprocess.Popen(["unshare", "--mount", "sh", "-c", command], stdout=log, stderr=log)
            self._running.append(running)
            until(lambda s=socket, r=running: s.exists() or r.poll() is not None, program)
            if running.poll() is not None:
                said = (self.home / "log").read_text()
                if "unshare" in said or "mount" in said:
                    pytest.skip(f"no mount namespace can be had here: {said}")
                pytest.fail(f"{program}: {said}")

    def stop(self) -> None:
        """Both, by their pids; their sockets stay, and nobody listens."""
        for one in self._running:
            one.terminate()
            one.wait(10)
        self._running.clear()

    def _lay_out(self) -> None:
        self.home.chmod(0o755)  # Postfix must get through
        host, _ = self.nameserver.address
        facts = {"home": self.home, "hostname": HOSTNAME, "resolver": host}
        for name, text in {
            "resolv.conf": f"nameserver {host}\noptions timeout:2 attempts:1\n",
            "opendkim.conf": _OPENDKIM.format(**facts),
            "opendmarc.conf": _OPENDMARC.format(**facts),
            "nobody": "192.0.2.255\n",
            "suffixes": "example\nit\n",
            "strip": _STRIP.format(hostname=HOSTNAME.replace(".", "\\.")),
        }.items():
            (self.home / name).write_text(text)


def _address() -> str:
    """One of 16 million of loopback: two runs of the tests do not meet."""
    chance = random.SystemRandom()
    return f"127.{chance.randrange(1, 255)}.{chance.randrange(255)}.{chance.randrange(1, 255)}"
