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
OWN = "database_password_file: database-password"
PASSED = "database_password_file: /run/credentials/gateway.service/database"
WORLD = (
    "smtpd_data_restrictions = check_sender_access regexp:/etc/postfix/stamps",
    "maillog_file = /var/log/postfix.log",
    f"myhostname = {HOSTNAME}",
    "inet_interfaces = loopback-only",
    "inet_protocols = ipv4",
)


def configure(machine: Machine) -> None:
    """What an administrator changes: the name."""
    path = machine.path("/etc/gateway/gateway.yaml")
    replace(path, "hostname: gateway.example.it ", "hostname: support.example.it ")


def postfix(machine: Machine) -> None:
    """The page's own lines, and round them what plays the world: the milters' word, and the customers' server."""
    page = (ROOT / "docs/operating.md").read_text()
    section = page.partition("\n## Postfix\n")[2].partition("\n## ")[0]
    settings, route = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    with machine.path("/etc/postfix/main.cf").open("a") as main:
        main.write(settings)
    machine.path("/etc/postfix/gateway").write_text(f"{route}/@rossi\\.example$/ smtp:[127.0.0.1]:{SINK}\n")
    machine.path("/etc/postfix/stamps").write_text(STAMP)
    machine.run("postconf", "-e", *WORLD)
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


def moved(machine: Machine) -> None:
    """To PostgreSQL by the page; from then on its password is for root only, and the daemon has it while it runs."""
    page = (ROOT / "docs/operating.md").read_text().partition("\n### PostgreSQL\n")[2]
    made, _, gone_over = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[:3]
    made = made.replace("--pwprompt ", "").replace("editor ", "sh -c 'echo geheim >$0' ")
    machine.run("sh", "-ec", f"cd /\n{made}")
    machine.run("runuser", "-u", "postgres", "--", "psql", "-c", "alter role gateway password 'geheim'")
    config = machine.path("/etc/gateway/gateway.yaml")
    words = re.sub(r"(?m)^database: .*", "database: postgresql://gateway@127.0.0.1/gateway\n" + OWN, config.read_text())
    config.write_text(words)
    machine.run("systemctl", "stop", "gateway")
    machine.run("sh", "-ec", gone_over)
    machine.run("systemctl", "stop", "gateway")
    replace(config, OWN, PASSED)
    machine.run("chown", "root:", "/etc/gateway/database-password")
    unit = machine.path("/etc/systemd/system/gateway.service.d/database.conf")
    unit.parent.mkdir()
    unit.write_text("[Service]\nLoadCredential=database:/etc/gateway/database-password\n")
    machine.run("systemctl", "daemon-reload")
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
