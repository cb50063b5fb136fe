"""A configured gateway that does not run, and its commands in this process."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.cli import run
from house import new_database

CONFIG = """\
hostname: gateway.example.it
addresses: [support@example.it]
database: sqlite:///gateway.db
smtp:
  - {name: from-mta, listen: "unix:mta.sock", trusted_authserv_ids: [mx.example.it]}
outbound: {smarthost: "127.0.0.1:9"}
authentication: {nameservers: ["127.0.0.1:9"]}
"""
ACCOUNTS = """\
accounts:
  - {code: ROSSI-001, name: Rossi, language: it, primary: info@rossi.example, secondary: [tecnico@rossi.example]}
"""


@dataclass
class Done:
    code: int
    out: bytes
    err: str

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Desk:
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[bytes] = field(repr=False)

    @property
    def config(self):
        return self.folder / "gateway.yaml"

    @property
    def database(self):
        return self.folder / "gateway.db"

    def files(self):
        return {path: path.read_bytes() if path.is_file() else b"" for path in self.folder.rglob("*")}

    def accounts(self):
        """Import them, into a new database where there is none yet."""
        if not self.database.exists():
            new_database(self.database).close()
        file = self.folder / "accounts.yaml"
        file.write_text(ACCOUNTS)
        assert self("accounts", "import", str(file)).code == 0

    def __call__(self, *arguments, stdin: bytes | None = b""):
        """Run one command; no `stdin` is one that the caller closed."""
        given = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin))
        self.monkeypatch.setattr("sys.stdin", given)
        self.capture.readouterr()
        code = run(["--config", str(self.config), *arguments])
        seen = self.capture.readouterr()
        return Done(code, seen.out, seen.err.decode())
