"""`make unit-trial`: the units under a real systemd, from the first start to the last stop; tells each step.

The program is this checkout's, by Debian's own Python. Sockets, secret, user and folder are as the documents say.
"""

from __future__ import annotations

import signal
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from trials.machine import Machine  # noqa: E402 - the tests' folder is on the path from here on

CONFIG = """\
hostname: gateway.example.it
addresses: [support@example.it]
smtp:
  - {name: edge, listen: "0.0.0.0:25", position: edge}
  - name: from-mta
    listen: unix:/var/spool/postfix/gateway/lmtp
    protocol: lmtp
    trusted_authserv_ids: [mx.example.it]
outbound:
  smarthost: 127.0.0.1:2525
  username: gateway
  password_file: /run/credentials/gateway.service/smarthost
  from: "Assistenza <support@example.it>"
authentication: {nameservers: ["127.0.0.1:9"]}
"""
ACCOUNTS = """\
accounts:
  - {code: ROSSI-001, name: Rossi, language: it, primary: info@rossi.example, secondary: [tecnico@rossi.example]}
"""
MESSAGE = """\
Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example
Received: from mail.rossi.example by mx.example.it; Mon, 23 Nov 2026 08:00:00 +0000
From: tecnico@rossi.example
To: support@example.it
Date: Mon, 23 Nov 2026 08:00:00 +0000
Message-ID: <{number}@rossi.example>
Subject: Domanda {number}

Buongiorno, come rinnovo il dominio?
"""
CLIENT = """\
import smtplib, sys
with smtplib.LMTP("/var/spool/postfix/gateway/lmtp", timeout=50) as client:
    client.sendmail("tecnico@rossi.example", ["support@example.it"], sys.stdin.read())
"""
GREETED = "import smtplib; print(smtplib.SMTP('127.0.0.1', 25, timeout=50).ehlo()[0])"
WATCHED = "[Service]\nWatchdogSec=4\nLoadCredential=smarthost:/etc/gateway/smarthost-password\n"
"""What the trial adds to the unit: it does not wait for a minute."""


def files() -> dict[str, str]:
    """What an administrator puts on the machine."""
    program = f'#!/bin/sh\nPYTHONPATH={ROOT}:{sysconfig.get_paths()["purelib"]} exec /usr/bin/python3 -m gateway "$@"\n'
    shipped = ROOT / "contrib/systemd"
    return {
        "/usr/bin/gateway": program,
        "/etc/gateway/gateway.yaml": CONFIG,
        "/etc/gateway/smarthost-password": "a secret\n",
        "/etc/gateway/accounts.yaml": ACCOUNTS,
        "/etc/systemd/system/gateway.service": (ROOT / "gateway.service").read_text(),
        "/etc/systemd/system/gateway.service.d/trial.conf": WATCHED,
        "/etc/systemd/system/gateway.socket": (shipped / "gateway.socket").read_text(),
        "/etc/systemd/system/gateway-lmtp.socket": (shipped / "gateway-lmtp.socket").read_text(),
        "/etc/sysusers.d/gateway.conf": (shipped / "gateway.sysusers").read_text(),
        "/etc/tmpfiles.d/gateway.conf": (shipped / "gateway.tmpfiles").read_text(),
    }


def main() -> None:
    """All steps, in order; the first that fails ends it, and no signal but SIGKILL leaves anything behind."""
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.default_int_handler)
    with Machine(files(), ["/var/lib/gateway", "/etc/gateway"]) as machine:
        try:
            for number, step in enumerate(STEPS, 1):
                began = time.monotonic()
                said = step(machine)
                doc = (step.__doc__ or "").rstrip(".")
                sys.stdout.write(f"{number}. {doc}: {said} ({time.monotonic() - began:.1f} s)\n")
                sys.stdout.flush()
        except AssertionError:
            sys.stderr.write(machine("journalctl", "--lines=60", "--output=cat"))
            raise


def imported(machine: Machine) -> str:
    """Root imports accounts before the first start, and all files are the daemon's."""
    machine("chmod", "600", "/etc/gateway/smarthost-password")
    machine("systemd-sysusers")
    machine("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/gateway.conf")
    machine("gateway", "accounts", "import", "/etc/gateway/accounts.yaml")
    return owned(machine)


def owned(machine: Machine) -> str:
    """Whose what is in the folder is."""
    owners = machine("find", "/var/lib/gateway", "-printf", "%u %p\n").splitlines()
    assert all(one.startswith("gateway ") for one in owners), owners
    return f"{len(owners)} files of gateway"


def started(machine: Machine) -> str:
    """Both sockets are systemd's, and the service says when it is ready."""
    machine("systemctl", "start", "gateway.socket", "gateway-lmtp.socket")
    machine("systemctl", "start", "gateway.service")
    assert machine.shows("gateway.service", "ActiveState") == "active"
    return machine.until(lambda: machine.shows("gateway.service", "StatusText"), "words")


def greeted(machine: Machine) -> str:
    """Port 25 answers, though the daemon's user could not take it."""
    return machine("python3", "-c", GREETED).strip()


def received(machine: Machine) -> str:
    """A message by the socket in Postfix's spool becomes a ticket, which root sees."""
    machine("python3", "-c", CLIENT, stdin=MESSAGE.format(number=1))
    tickets = machine("gateway", "tickets", "list", "--json").splitlines()
    assert len(tickets) == 1, tickets
    return owned(machine)


def secret(machine: Machine) -> str:
    """A secret of root's reaches the daemon and its user's commands, and nobody else."""
    path = "/run/credentials/gateway.service/smarthost"
    assert machine("runuser", "-u", "gateway", "--", "cat", path) == "a secret\n"
    assert not machine.does("runuser", "-u", "nobody", "--", "cat", path)
    return machine("stat", "--format=%A %U", path).strip()


def checked(machine: Machine) -> str:
    """`check` finds nothing to blame, with sockets that its user could not have bound."""
    found = machine("gateway", "check").splitlines()
    return ", ".join(line.partition(" on ")[2] for line in found if line.split()[1] == "smtp")


def reloaded(machine: Machine) -> str:
    """A reload is heard, and ends."""
    machine("systemctl", "reload", "gateway.service")
    told = ("journalctl", "--unit=gateway.service", "--output=cat", "--grep=gateway.reloaded")
    machine.until(lambda: machine.does(*told), "the reload")
    return machine.shows("gateway.service", "ActiveState")


def killed(machine: Machine) -> str:
    """A daemon that stands still is ended by the watchdog and started again."""
    before = machine.shows("gateway.service", "MainPID")
    machine("kill", "-STOP", before)
    machine.until(lambda: machine.shows("gateway.service", "NRestarts") == "1", "the watchdog")
    machine.until(lambda: machine.shows("gateway.service", "ActiveState") == "active", "the restart")
    told = machine("journalctl", "--unit=gateway.service", "--unit=init.scope", "--output=cat")
    assert "Watchdog timeout" in told, told
    assert "Fatal Python error: Aborted" in told, told
    return f"process {before}, then {machine.shows('gateway.service', 'MainPID')}"


def stopped(machine: Machine) -> str:
    """SIGTERM drains, and that was no failure."""
    machine("systemctl", "stop", "gateway.service")
    return machine.shows("gateway.service", "Result")


def woken(machine: Machine) -> str:
    """Mail that comes while it is down waits, and starts it."""
    machine("python3", "-c", CLIENT, stdin=MESSAGE.format(number=2))
    assert len(machine("gateway", "tickets", "list", "--json").splitlines()) == 2
    return machine.shows("gateway.service", "ActiveState")


STEPS = (imported, started, greeted, received, secret, checked, reloaded, killed, stopped, woken)

if __name__ == "__main__":
    main()
