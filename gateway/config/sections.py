"""The sections of the configuration: frozen, typed, and what is so where the file is silent."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.oauth2 import OAuth2
from gateway.config.section import Lax, Section, Word, written
from gateway.config.values import (
    AuthservId,
    Duration,
    FilePath,
    From,
    Host,
    HostName,
    Limit,
    Listen,
    Name,
    NameServer,
    Octets,
    OwnAddress,
    Peer,
    Start,
    Tcp,
)
from gateway.core.account import Language
from gateway.core.arrival import Position
from gateway.core.privacy import Privacy
from gateway.core.retry import Schedule

LOOPBACK = (ip_network("127.0.0.1"), ip_network("::1"))
Tls = Literal["none", "starttls", "implicit"]
OneLanguage = Annotated[Language, Lax]
AuthservIds = Annotated[frozenset[AuthservId], Lax]


class ListenerTls(Section):
    """The certificate of a listener, which offers STARTTLS with it."""

    certificate_file: FilePath
    """PEM: the certificate, and behind it those of the CAs between."""
    key_file: FilePath
    """PEM: its key, without a passphrase, for this user's eyes only."""


class Listener(Section):
    """A port or socket on which mail comes in."""

    name: Name
    """The ingress in records, logs and the balance: lower-case letters, digits and -."""
    listen: Listen
    """HOST:PORT, or unix:PATH."""
    protocol: Literal["smtp", "lmtp"] = "smtp"
    """smtp: one reply for a message. lmtp: one for each recipient (RFC 2033)."""
    position: Annotated[Position, Lax] = Position.BEHIND_MTA
    """behind-mta: our client has already accepted the message. edge: the client is the sender's own server."""
    trusted_authserv_ids: AuthservIds = written([])
    """Whose Authentication-Results are believed (RFC 8601), when a peer hands them on."""
    peers: Annotated[tuple[Peer, ...], Lax] = Field(
        default_factory=lambda data: LOOPBACK if data.get("position") is Position.BEHIND_MTA else ()
    )
    """Who may connect behind an MTA, and whose Authentication-Results count. Loopback when left out."""
    tls: ListenerTls | None = None
    """STARTTLS is not offered when left out."""


class Folders(Section):
    """Where a message is moved to, by what became of it. A failed one stays and is flagged."""

    accept: Word = "Done"
    """Of what became a ticket, or was added to one."""
    quarantine: Word = "Held"
    """Of what is held."""
    reject: Word = "Refused"
    """Of what was refused."""
    discard: Word = "Done"
    """Of what nobody needs to look at, repetitions too."""


class ImapMailbox(Section):
    """A mailbox that is polled."""

    name: Name
    """The ingress in records, logs and the balance: lower-case letters, digits and -."""
    host: Host
    """The IMAP server, by name or IP address."""
    port: Annotated[int, Field(gt=0, lt=65536)] = 993
    """993 for implicit TLS, 143 for starttls."""
    tls: Tls = "implicit"
    """none only for a server on loopback."""
    ca_file: FilePath | None = None
    """The certificates that the server's is held against; the system's when left out."""
    username: Word
    """Whom to sign in as; most providers want the whole address."""
    password_file: FilePath | None = None
    """A file with the password alone, mode 0600, read anew at each connection."""
    oauth2: OAuth2 | None = None
    """Tokens instead of a password."""
    folder: Word = "INBOX"
    """The folder that is read."""
    start: Start = "new"
    """new, all or a date: what of the mail that already lies there is taken at first sight."""
    filing: Literal["move", "flag"] = "move"
    """move: to the folder of what became of it. flag: left where it is, with a keyword."""
    folders: Folders = written({})
    sweep: Duration = written("5m")
    """How often everything in it is looked at, whatever the server tells meanwhile."""
    trusted_authserv_ids: AuthservIds = written([])
    """Whose Authentication-Results are believed (RFC 8601)."""
    inside: Annotated[tuple[HostName, ...], Lax] = Field((), max_length=5)
    """The hosts that hand a message on by LMTP after the border has spoken, the last one first; gmail for Gmail."""


class Pipe(Section):
    """What `gateway ingest` believes."""

    trusted_authserv_ids: AuthservIds | None = None
    """Those of the listeners behind an MTA, when left out."""


class Authentication(Section):
    """How the author domain is checked."""

    nameservers: Annotated[tuple[NameServer, ...], Lax] = ()
    """IP:PORT each; empty: the system's resolver."""
    verify: Literal["missing", "always"] = "missing"
    """missing: our own checks where no border vouches. always: beside its pass too; a broken signature undoes it."""
    shared_domains: Annotated[frozenset[HostName], Lax] = frozenset()
    """Providers where anybody can have a mailbox, besides those that are known: proof of them is domain-only."""


class Pec(Section):
    """Italian certified mail (RFC 6109): whose seals are believed."""

    ca_file: FilePath
    """PEM: the CAs of PEC providers alone, or their own certificates. Whoever they certify vouches for any sender."""
    addresses: Annotated[tuple[OwnAddress, ...], Lax] = ()
    """Our PEC mailboxes, where they are not recipients served: what was certified to others proves nothing here."""


class Retry(Section):
    """When a letter that could not be delivered is tried again: doubling, with jitter."""

    first: Duration = written("1m")
    """The wait before the second attempt."""
    longest: Duration = written("1h")
    """No wait is longer."""
    give_up: Duration = written("5d")
    """A letter this old has failed."""

    @property
    def schedule(self) -> Schedule:
        """The same, as the core has it."""
        return Schedule(self.first, self.longest, self.give_up)


class Outbound(Section):
    """How our letters leave."""

    smarthost: Tcp = written("127.0.0.1:25")
    """HOST:PORT of the MTA that takes our letters."""
    tls: Tls = "none"
    """none only for a smarthost on loopback."""
    username: Word | None = None
    """Whom to sign in as; nobody when left out."""
    password_file: FilePath | None = None
    """A file with the password alone, mode 0600."""
    oauth2: OAuth2 | None = None
    """Tokens instead of a password."""
    ca_file: FilePath | None = None
    """The certificates that the smarthost's is held against; the system's when left out."""
    sender: From | None = Field(default=None, alias="from")
    """NAME <ADDRESS>, one of `addresses`; the first of them when left out."""
    bounces: OwnAddress | None = None
    """Reverse-paths are this with +TOKEN; bounces@ the sender's domain when left out."""
    retry: Retry = written({})


class Acknowledgements(Section):
    """How many automatic letters there may be."""

    per_account: Limit = written("20/day")
    """Over it tickets are opened in silence."""
    per_ticket: Annotated[int, Field(ge=0)] = 1
    """For each ticket; 0 for none at all."""


class Limits(Section):
    """Bounds on what comes in."""

    message: Octets = written("25MiB")
    """Announced as SIZE (RFC 1870)."""
    connections: Annotated[int, Field(gt=0)] = 100
    """At a time, each listener; over it 421."""
    connections_per_peer: Annotated[int, Field(gt=0)] = 50
    """Of these, from one address or IPv6 /64."""
    recipients: Annotated[int, Field(ge=100)] = 100
    """For a message; RFC 5321 §4.5.3.1.8 wants 100 at least."""
    acknowledgements: Acknowledgements = written({})
    disk_free: Octets = written("256MiB")
    """What stays free where mail is written; under it 452, and mailboxes wait."""
    workers: Annotated[int, Field(gt=0, le=64)] | None = None
    """Processes that examine mail; left out: one for each processor, 4 at most."""


class Log(Section):
    """How everything logs."""

    format: Literal["auto", "json", "text"] = "auto"
    """auto: text at a terminal and in the journal, JSON elsewhere."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is written. debug: each station with its words, each connection, each mail that is filed."""
    privacy: Annotated[Privacy, Lax] = Privacy.DOMAIN
    """full: addresses as they are. domain: without what stands before the @. hash: a keyed hash of each."""
    key_file: FilePath | None = None
    """What is hashed with, 16 octets or more; left out: `gateway.db.logkey` beside the database, made by the daemon."""


class Virus(Section):
    """What scans mail for viruses."""

    clamd: Listen
    """Where clamd answers: unix:PATH, or HOST:PORT."""
    when_away: Literal["defer", "quarantine"] = "defer"
    """defer: 451, and the mail waits at the border. quarantine: it is held, not scanned. Never passed."""
    timeout: Duration = written("30s")
    """Of one scan; then clamd counts as away."""
    remote: bool = False
    """true: clamd may be another machine, which then reads all mail, in clear."""


class Metrics(Section):
    """Where Prometheus may read what is counted."""

    listen: Listen
    """HOST:PORT, or unix:PATH; /metrics there."""
    remote: bool = False
    """true: other machines may read it too, and nobody has to log in."""
