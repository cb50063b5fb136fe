"""The configuration as one frozen, typed value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from gateway.config.blobs import Blobs
from gateway.config.nouns import Database, Mailbox
from gateway.config.oauth2 import OAuth2
from gateway.config.section import Lax, Section, written
from gateway.config.sections import (
    Authentication,
    ImapMailbox,
    Limits,
    Listener,
    Log,
    Metrics,
    OneLanguage,
    Outbound,
    Pec,
    Pipe,
    Virus,
)
from gateway.config.sources import Accounts
from gateway.config.values import DatabaseUrl, FilePath, HostName, OwnAddress, PanelUrl
from gateway.core.address import Address
from gateway.core.arrival import Position
from gateway.core.letter import Letterhead
from gateway.core.served import Served
from gateway.shipped import shipped

OUTBOUND = "outbound"
"""The smarthost's name among those who sign in with tokens."""


def _beside(database: Database | None, name: str) -> Path:
    return (database.path.parent if database and database.path else Path("/var/lib/gateway")) / name


class Config(Section):
    """The gateway's configuration. Relative paths in the file are relative to it; here all are absolute."""

    hostname: HostName
    """In greetings and Message-IDs."""
    addresses: Annotated[tuple[OwnAddress, ...], Field(strict=False, min_length=1)]
    """Recipients served, with any detail after a plus."""
    database: DatabaseUrl = written("sqlite:////var/lib/gateway/gateway.db")
    """sqlite:///FILE or postgresql://USER@HOST/NAME."""
    database_password_file: FilePath | None = None
    """PostgreSQL's password; none where the server asks for none, or libpq finds it by itself."""
    blobs: Blobs = written({})
    """What is too long for the database."""
    spool: FilePath = Field(default_factory=lambda data: _beside(data.get("database"), "spool"))
    """The directory of large messages while they are received; beside the database when left out."""
    tokens: FilePath = Field(default_factory=lambda data: _beside(data.get("database"), "tokens"))
    """The directory of OAuth2 tokens, for this user's eyes only; beside the database when left out."""
    policies: FilePath = Field(default_factory=lambda: shipped("policies"))
    """A directory of *.yaml; the one shipped when left out."""
    policies_shadow: FilePath | None = None
    """A candidate set, asked beside the ruling one about all mail: differences are counted. Off when left out."""
    templates: FilePath = Field(default_factory=lambda: shipped("config/templates"))
    """A directory with it/ and en/ in it; the one shipped when left out."""
    languages: Annotated[tuple[OneLanguage, ...], Field(strict=False, min_length=1)] = written(["it", "en"])
    """What customers may be written to in; the first stands in for one that is not here."""
    panel: PanelUrl = ""
    """The control panel's address, for letters that tell customers to ask there (R8); unnamed when left out."""
    smtp: Annotated[tuple[Listener, ...], Lax] = ()
    """Ports and sockets on which mail comes in, any number."""
    imap: Annotated[tuple[ImapMailbox, ...], Lax] = ()
    """Mailboxes that are polled, any number."""
    pipe: Pipe = written({})
    authentication: Authentication = written({})
    pec: Pec | None = None
    """Off when left out: PEC envelopes are ordinary mail of their providers."""
    outbound: Outbound = written({})
    limits: Limits = written({})
    accounts: Accounts = written({})
    """The sources that keep accounts elsewhere."""
    virus: Virus | None = None
    """Nothing is scanned when left out."""
    log: Log = written({})
    metrics: Metrics | None = None
    """Off when left out."""
    _path: Path = Path()

    def model_post_init(self, context: Any) -> None:
        """Remember the file, which is the context of validation."""
        self._path = context if isinstance(context, Path) else Path()

    @property
    def path(self) -> Path:
        """The file that this was read from."""
        return self._path

    @property
    def blob_folder(self) -> Path:
        """Where blobs are as files: of one database alone, for what it does not refer to is swept."""
        name = self.database.path.name if self.database.path else "gateway"
        return self.blobs.path or _beside(self.database, f"{name}.blobs")

    @property
    def beside(self) -> Path:
        """What this gateway leaves on this machine is named after this file: SQLite's, or one beside the spool."""
        return self.database.path or self.spool.with_name("gateway.db")

    @property
    def letterhead(self) -> Letterhead:
        """Who our letters are from."""
        sender = self.outbound.sender or Mailbox("", self.addresses[0])
        bounces = self.outbound.bounces or Address("bounces", sender.address.domain)
        return Letterhead(self.hostname, sender.name, sender.address, bounces)

    @property
    def served(self) -> Served:
        """Whose mail is ours."""
        return Served(self.addresses, self.letterhead.bounces, self.pec.addresses if self.pec else ())

    @property
    def pipe_trusted_ids(self) -> frozenset[str]:
        """The authserv-ids that `gateway ingest` believes."""
        if self.pipe.trusted_authserv_ids is not None:
            return self.pipe.trusted_authserv_ids
        behind = (one.trusted_authserv_ids for one in self.smtp if one.position is Position.BEHIND_MTA)
        return frozenset().union(*behind)

    @property
    def oauth2(self) -> dict[str, OAuth2]:
        """Who signs in with tokens: mailboxes by their names, and the smarthost."""
        named = {one.name: one.oauth2 for one in self.imap} | {OUTBOUND: self.outbound.oauth2}
        return {name: one for name, one in named.items() if one is not None}

    @property
    def edge(self) -> bool:
        """Whether strangers' own servers can hear what we say of their mail (I10)."""
        return any(one.position is Position.EDGE for one in self.smtp)
