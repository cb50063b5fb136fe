"""A release writes its database down, as `releases/VERSION.sql`: later versions are tested against what was released.

`make release` runs it once for each version, before its tag. What a released version made is never made again.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway import __version__

RELEASES = Path(__file__).parent / "releases"
CONFIG = """\
hostname: gateway.example.it
addresses: [support@example.it]
database: sqlite:///gateway.db
smtp:
  - {name: from-mta, listen: "unix:mta.sock", trusted_authserv_ids: [mx.example.it]}
authentication: {nameservers: ["127.0.0.1:9"]}
"""
ACCOUNTS = """\
accounts:
  - code: ROSSI-001
    name: Rossi S.r.l.
    language: it
    primary: info@rossi.example
    secondary: [tecnico@rossi.example]
    services: [{kind: domain, name: rossi.example}]
  - {code: SMITH-002, name: Smith Ltd, language: en, primary: info@smith.example}
"""
ACCEPTED = (
    b"Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
    b"Received: from x by mx.example.it; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    b"From: tecnico@rossi.example\r\nTo: support@example.it\r\nSubject: Il sito non risponde\r\n"
    b"Message-ID: <m1@rossi.example>\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Buongiorno.\r\n--b\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Disposition: attachment; filename=log.bin\r\n\r\n0123\r\n--b--\r\n"
)
HELD = b"From: nessuno@altro.example\r\nTo: support@example.it\r\nMessage-ID: <m2@altro.example>\r\n\r\nx\r\n"


def main() -> None:
    """An installation that has lived a little, by its own commands."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "gateway.yaml").write_text(CONFIG)
        (folder / "accounts.yaml").write_text(ACCOUNTS)
        _run(folder, "accounts", "import", "accounts.yaml")
        for mail in (ACCEPTED, HELD):
            _run(
                folder,
                "ingest",
                "--reverse-path",
                "a@rossi.example",
                "--forward-path",
                "support@example.it",
                given=mail,
            )
        [ticket] = [line.split()[0] for line in _run(folder, "tickets", "list").splitlines()[1:]]
        _run(folder, "tickets", "reply", ticket, given=b"Risponde di nuovo.\n")
        _run(folder, "tickets", "note", ticket, given=b"Era il DNS.\n")
        _run(folder, "accounts", "set-primary", "SMITH-002", "admin@smith.example")
        with closing(sqlite3.connect(folder / "gateway.db")) as database:
            dump = "\n".join(database.iterdump())
    (RELEASES / f"{__version__}.sql").write_text(f"{dump}\n")


def _run(folder: Path, *command: str, given: bytes = b"") -> str:
    program = [sys.executable, "-m", "gateway", "--config", "gateway.yaml", *command]
    return subprocess.run(program, cwd=folder, input=given, capture_output=True, check=True).stdout.decode()


if __name__ == "__main__":
    main()
