"""A source of tokens with a clock that stands still until it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.tokens.client import Client
from gateway.tokens.grants import Refresh
from gateway.tokens.kept import TokenFile
from gateway.tokens.server import Server
from gateway.tokens.source import Source
from oauth2_server import AuthServer

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "geheim-4711"  # noqa: S105 - of nobody


@dataclass
class Clock:
    at: datetime = NOW

    def now(self):
        return self.at

    def pass_by(self, **time):
        self.at += timedelta(**time)


@dataclass
class Bench:
    """One source over one file, as many processes as a test wants."""

    folder: Path
    auth: AuthServer
    clock: Clock = field(default_factory=Clock)
    seconds: float = 20

    def __post_init__(self):
        self.secret, self.seed = self.folder / "secret", self.folder / "refresh"
        self.secret.write_text(SECRET)
        self.seed.write_text(self.auth.refresh)

    @property
    def path(self):
        return self.folder / "tokens" / "box.json"

    @property
    def file(self):
        return TokenFile(self.path)

    def source(self, grant=None, **other):
        grant = grant or Refresh(Client("client-7", self.secret), "mail", "box", self.seed)
        server = Server(seconds=self.seconds)
        given = {"now": self.clock.now, "new_id": lambda: "ID-1"} | other
        return Source("box", self.auth.url, grant, server, self.file, **given)
