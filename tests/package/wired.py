"""The gateway on a machine, wired with Postfix as docs/operating.md has it."""

from __future__ import annotations

import json
import re
import smtplib
from pathlib import Path
from typing import Any

from e2e.border import letter
from e2e.waiting import LOOPBACK, accepts, until
from package.machine import HOSTNAME, Machine
from package.telling import replace

ROOT = Path(__file__).parents[2]
DATA = "/var/lib/gateway"
AUTHOR = "tecnico@rossi.example"
SINK = 2600
"""The port of the customers' own server."""
STAMP = """\
/@rossi\\.example$/ PREPEND Authentication-Results: mx.example.it; dkim=pass header.d=rossi.example; \
dmarc=pass header.from=rossi.example
"""
"""What the border's milters would write; they want the DNS, which is not there."""
WORLD = (
    "smtpd_data_restrictions = check_sender_access regexp:/etc/postfix/stamps",
    "maillog_file = /var/log/postfix.log",
    f"myhostname = {HOSTNAME}",
    "inet_interfaces = loopback-only",
    "inet_protocols = ipv4",
)


def configure(machine: Machine) -> None:
    """What an administrator changes: the name, the way that mail comes."""
    path = machine.path("/etc/gateway/gateway.yaml")
    replace(path, "hostname: gateway.example.it ", "hostname: support.example.it ")
    replace(path, "protocol: smtp ", "protocol: lmtp ")


def postfix(machine: Machine) -> None:
    """The page's own lines, and round them what plays the world: the milters' word, and the customers' server."""
    page = (ROOT / "docs/operating.md").read_text()
    [block] = re.findall(r"^## Postfix\n.*?^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    main, _, rest = block.partition("# /etc/postfix/gateway, by LMTP")
    settings = [line.partition("#")[0].strip() for line in main.splitlines() if " = " in line]
    route = next(line for line in rest.splitlines() if " lmtp:" in line)
    machine.path("/etc/postfix/gateway").write_text(f"{route}\n/@rossi\\.example$/ smtp:[127.0.0.1]:{SINK}\n")
    machine.path("/etc/postfix/stamps").write_text(STAMP)
    machine.run("postconf", "-e", *settings, *WORLD)
    machine.run("systemctl", "restart", "postfix")
    until(lambda: accepts(25), "Postfix")


def socket(machine: Machine) -> None:
    """The listener's port is systemd's, by the package's example: from now on a mail starts the gateway."""
    example = machine.path("/usr/share/doc/mail-gateway/examples/gateway.socket").read_text()
    machine.path("/etc/systemd/system/gateway.socket").write_text(example.replace("0.0.0.0:25", "127.0.0.1:8025"))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "stop", "gateway")
    machine.run("systemctl", "enable", "--now", "gateway.socket")
    machine.run("systemctl", "start", "gateway")


def send(subject: str) -> None:
    """One message to the border's port 25, as a customer's server does."""
    data = letter(AUTHOR, subject=subject, text=f"Buongiorno, {subject}?\r\n")
    with smtplib.SMTP(LOOPBACK, 25, timeout=30) as client:
        client.sendmail(AUTHOR, ["support@example.it"], data)


def records(machine: Machine, *command: str) -> list[dict[str, Any]]:
    """What a command prints with --json, by root, who becomes the gateway's user."""
    said = machine.run("gateway", *command, "--json")
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def owned(machine: Machine) -> None:
    """Whatever is in the gateway's folder is the gateway's."""
    number = machine.run("id", "-u", "gateway").strip()
    strangers = [str(path) for path in machine.path(DATA).rglob("*") if str(path.lstat().st_uid) != number]
    if strangers:
        raise AssertionError(f"not the gateway's: {strangers}")
