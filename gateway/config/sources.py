"""The section `accounts`: the sources that keep accounts elsewhere, and how they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.nouns import is_loopback
from gateway.config.roster import READERS
from gateway.config.section import Lax, Section, Word, written
from gateway.config.values import Duration, FilePath, Host, Name, SourceUrl
from gateway.core.roster import KEYS

Query = Annotated[str, Field(min_length=1, max_length=20_000)]
Filter = Annotated[str, Field(min_length=3, max_length=4_000, pattern=r"^\(.*\)$")]
Attribute = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,254}$")]
Percent = Annotated[int, Field(ge=0, le=100)]
Key = Literal["code", "name", "language", "status", "primary", "secondary", "services"]
Default = Literal["language", "status"]

Wrong = tuple[str, str, str]
"""The key, what is wrong, what would be right."""


class SqlSource(Section):
    """A database that is asked by a query, in a transaction that may only read."""

    url: SourceUrl
    """postgresql://, mysql://, mariadb://, mssql:// USER@HOST/NAME, or sqlite:///FILE; never with a password in it."""
    password_file: FilePath | None = None
    """The password of that user; none where the server asks for none."""
    query: Query
    """One row an account: code, name, language, status, primary, secondary, services; lists as text with `;`."""
    secondary_query: Query | None = None
    """Rows of code, address; then `query` has no column secondary."""
    services_query: Query | None = None
    """Rows of code, kind, name; then `query` has no column services."""


class FileSource(Section):
    """A file that something else writes."""

    path: FilePath
    """.csv, .yaml or .jsonl, as for `gateway accounts import`."""
    oldest: Duration | None = None
    """A file that was written longer ago counts as a failure; left out, it may be of any age."""


class LdapSource(Section):
    """A directory that is searched (RFC 4511)."""

    host: Host
    """The server, as its certificate names it."""
    port: Annotated[int, Field(gt=0, lt=65536)] = 636
    """389 with starttls, as a rule."""
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    """none only for a server on loopback."""
    ca_file: FilePath | None = None
    """The certificates that the server's is held against; the system's when left out."""
    bind_dn: Word | None = None
    """As whom; anonymous when left out."""
    password_file: FilePath | None = None
    """The password of bind_dn."""
    base: Annotated[str, Field(max_length=1_000)]
    """Where the search begins."""
    filter: Filter
    """What is an account (RFC 4515)."""
    attributes: dict[Key, Attribute]
    """The attribute that each key of an account is in."""
    defaults: dict[Default, Word] = Field(default_factory=dict)
    """language, status: what they are where an entry has no such attribute."""
    service_kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")] | None = None
    """The kind of a service whose value is its name alone."""


class AccountSource(Section):
    """Who keeps accounts elsewhere: exactly one of sql, file, ldap."""

    name: Name
    """What its accounts, the audit (sync:NAME) and `gateway status` call it. With another name it is another source."""
    sql: SqlSource | None = None
    """A database."""
    file: FileSource | None = None
    """A file."""
    ldap: LdapSource | None = None
    """A directory."""
    every: Duration = written("15m")
    """How often it is asked."""
    timeout: Duration = written("1m")
    """How long it may take to say all."""
    stale_after: Duration = written("6h")
    """So long without success is an alarm."""
    most_removed: Percent = 10
    """Percent of its accounts that may lose something within a day: closed, an address, a service, the primary."""

    def faults(self) -> Iterator[Wrong]:
        """What cannot be."""
        kinds = [one for one in ("sql", "file", "ldap") if getattr(self, one)]
        if len(kinds) != 1:
            yield "", f"has {' and '.join(kinds) or 'none'} of sql, file, ldap", "exactly one of them"
        if self.file and self.file.path.suffix.lower() not in READERS:
            yield "file", f"{self.file.path.name} has no extension that says its format", ", ".join(READERS)
        if self.stale_after < self.every:
            yield "stale_after", "is shorter than every", "a few times as long"
        if self.ldap:
            yield from _of_ldap(self.ldap)

    @property
    def password_file(self) -> Path | None:
        """What nobody else may read."""
        said = self.sql or self.ldap
        return said.password_file if said else None


class Accounts(Section):
    """Where accounts come from, besides `gateway accounts import`."""

    sources: Annotated[tuple[AccountSource, ...], Lax] = ()
    """Each keeps its own accounts; none writes another's, nor those that were made by hand."""


def _of_ldap(said: LdapSource) -> Iterator[Wrong]:
    if said.tls == "none" and not is_loopback(said.host):
        yield "ldap", f"tls is none, but {said.host} is not loopback", "implicit or starttls"
    if (said.bind_dn is None) != (said.password_file is None):
        yield "ldap", "bind_dn and password_file go together", "both, or neither"
    wanted = [key for key in KEYS[:5] if key not in said.attributes and key not in said.defaults and key != "status"]
    if wanted:
        yield "ldap", f"names no attribute for {wanted[0]}", f"attributes: {{{wanted[0]}: ...}}"
