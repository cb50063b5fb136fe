"""A gateway that reads the mailboxes of a Dovecot, mail of each kind for them, and how far it has come."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from e2e.border import message
from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK
from peers.dovecot import Dovecot

USERS = {f"box-{number}": f"secret {number}" for number in range(10)}
KINDS = ("accept", "quarantine", "reject", "failed")
SECONDS = 60.0

_ID = re.compile(rb"(?im)^Message-ID: (<\S+>)")


def polled(home: Path, sink: Sink, prepared: Path, dovecot: Dovecot, users: list[str], **other: str) -> Gateway:
    """A gateway that reads the mailboxes of `users`, not started yet."""
    return reading(home, sink, prepared, dovecot, dict.fromkeys(users, other))


def reading(
    home: Path, sink: Sink, prepared: Path, dovecot: Dovecot, boxes: Mapping[str, Mapping[str, str]]
) -> Gateway:
    """The same, each with keys of its own."""
    gateway = Gateway(home, sink.port, prepared=prepared)
    section = "imap:\n" + "".join(entry(home, dovecot, user, **other) for user, other in boxes.items())
    gateway.config.write_text(gateway.config.read_text() + section)
    return gateway


def entry(home: Path, dovecot: Dovecot, user: str, **other: str) -> str:
    """One mailbox of the configuration."""
    password = home / f"{user}.password"
    password.write_text(USERS[user])
    password.chmod(0o600)
    keys = {
        "name": user,
        "host": LOOPBACK,
        "port": str(dovecot.tls_port),
        "ca_file": dovecot.ca_file,
        "username": user,
        "password_file": str(password),
        "start": "all",
        "trusted_authserv_ids": "[mx.example.it]",
    } | other
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in keys.items()) + "\n"


def mail(number: int) -> tuple[str, bytes]:
    """What becomes of it, and the octets: of each kind one, hostile ones among them."""
    kind = KINDS[number % len(KINDS)]
    own = {"message_id": f"<{number}@rossi.example>", "subject": f"n {number}"}
    match kind:
        case "accept":
            return kind, message(**own)
        case "quarantine":
            return kind, message("eve@attack.example", "fail", **own)
        case "reject":
            return kind, message("eve@attack.example", "none", fields="From: anna@rossi.example\r\n", **own)
        case _:
            return kind, message(**own, fields="X: y\r\n" * 2_001)


def count(dovecot: Dovecot, user: str, folder: str = "") -> int:
    """How many messages lie in a folder."""
    return sum(1 for part in ("cur", "new") for _ in (dovecot.maildir(user, folder) / part).glob("*"))


def ids(dovecot: Dovecot, user: str, folder: str = "") -> list[str]:
    """The Message-IDs of what lies in a folder."""
    files = [path for part in ("cur", "new") for path in (dovecot.maildir(user, folder) / part).glob("*")]
    return [_ID.findall(path.read_bytes())[0].decode() for path in files]


def done(gateway: Gateway, *users: str) -> int:
    """How many messages of these mailboxes, or of all, are in the ledger, and moved."""
    those = f" and ingress in ({', '.join('?' * len(users))})" if users else ""
    with closing(gateway.database()) as database:
        asked = f"select count(*) from mail where step = 'done'{those}"  # noqa: S608 - question marks
        return int(database.execute(asked, users).fetchone()[0])


def looked_at(gateway: Gateway) -> set[str]:
    """The mailboxes that status tells a success of, whether or not one is stuck."""
    said = gateway.cli("status", "--json").stdout.splitlines()
    return {one["ingress"] for one in map(json.loads, said) if one["kind"] == "imap" and one["last_success"]}
