"""The driver's contract: what the story of a mailbox may ask of an IMAP server, and how each of it can fail.

Promises: every call ends within its deadline, in its answer or in one of the `MailboxFault`s below, whatever the server
says; memory is bounded; nothing is marked as seen, and nothing is expunged but by its UID. One call at a time. After
`Gone` and `Lied` the connection is closed, and so it is when a call is cancelled: open a new one.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from gateway.core.sasl import Mechanism

BATCH = 100
"""UIDs in one command at most; longer calls are cut into several."""
HIGHEST_UID = 2**32 - 1  # RFC 9051 §9, nz-number
LONGEST_IDLE = 9 * 60.0
"""Seconds. RFC 2177 §3 says 29 minutes; routers forget a silent connection sooner."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is. The certificate must be good for `host`; `ca_file` stands instead of the system's."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: to connecting, TLS and the greeting together; to the answer to a command, to LOGOUT, to DONE.

    DONE asks for nothing, so whoever does not answer it is not there: so long after the sweep a deaf line is found.
    """

    connect: float = 30
    command: float = 60
    logout: float = 5
    done: float = 10


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT said."""

    uidvalidity: int
    uidnext: int | None
    """None: the server did not say."""
    exists: int
    read_only: bool
    keeps_keywords: bool
    """Whether a keyword of ours would be kept (PERMANENTFLAGS)."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is known of one message before its octets. `size` is RFC822.SIZE, which Exchange only estimates."""

    size: int
    flags: frozenset[str]
    internaldate: datetime | None
    """None: the server wrote what is no date."""


class Woke(enum.Enum):
    """Why IDLE ended: the mailbox has changed, or the time is up."""

    CHANGE = "change"
    TIME = "time"


class Filed(enum.Enum):
    """What became of messages that were to be moved."""

    MOVED = "moved"
    LEFT = "left"
    """The server has neither MOVE nor UIDPLUS: nothing was touched, for a plain EXPUNGE takes others' mail along."""


class MailboxFault(Exception):  # noqa: N818 - each of its kinds is named by what happened
    """A call that could not be done. The words say what the server said, cleaned, for the operator; no secrets."""


class RefusedLogin(MailboxFault):
    """User name or password are not accepted, or LOGIN is not offered: an operator must act."""


class RefusedToken(MailboxFault):
    """The OAuth2 token is not accepted, or its mechanism is not offered: fetch a new one, once."""


class BadCertificate(MailboxFault):
    """The certificate is not one for this host, or TLS is not to be had: nothing was sent in clear text."""


class Gone(MailboxFault):
    """No connection, a lost one, or a server that did not answer in time: try again later."""


class Lied(MailboxFault):
    """The server broke the protocol or one of our bounds; the words say which."""


class FolderMissing(MailboxFault):
    """The folder is not there (any more)."""


class OverQuota(MailboxFault):
    """The target folder, or the mailbox, is full."""


class Refused(MailboxFault):
    """The server said NO or BAD to something, for another reason or for now. `code`: of RFC 5530, BAD, or empty."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(words)
        self.code = code


class Driver(Protocol):
    """One connection to one server. Every call may raise Gone, Lied and Refused; what else, it says itself."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server offers now, in capitals, as `IDLE` and `AUTH=XOAUTH2`."""

    @property
    def ended(self) -> int:
        """How many commands are over: another number means that it gets on."""

    async def login(self, username: str, password: str) -> None:
        """Sign in with a password. Raises RefusedLogin."""

    async def authenticate(self, mechanism: Mechanism, username: str, token: str) -> None:
        """Sign in with an OAuth2 access token. Raises RefusedToken."""

    async def select(self, folder: str) -> Selected:
        """Open a folder to read and to move from. Raises FolderMissing."""

    async def uids(self, first: int, since: date | None = None) -> tuple[int, ...]:
        """The UIDs from `first` on, ascending; with `since`, only of what came that day or later."""

    async def present(self, uids: Iterable[int]) -> frozenset[int]:
        """Those of these that are there."""

    async def sizes(self, uids: Iterable[int]) -> dict[int, Item]:
        """What is known of these; one that is gone is left out."""

    async def fetch(self, sizes: Mapping[int, int]) -> dict[int, bytes]:
        """The octets of these (UID to `Item.size`), unseen as they were; one that is gone is left out.

        All of them are held in memory: the caller adds up the sizes. A message may be longer than its size says by as
        much again and 64 KiB; over that it is a lie.
        """

    async def idle(self, seconds: float) -> Woke:
        """Wait for a change, at most so long and at most LONGEST_IDLE. Only where IDLE is among the capabilities."""

    async def noop(self) -> None:
        """Ask whether anybody is there."""

    async def ensure_folder(self, name: str) -> bool:
        """Make a folder where there is none; whether one was made. Raises OverQuota."""

    async def move(self, uids: Iterable[int], folder: str) -> Filed:
        """Move these to a folder. Raises FolderMissing, OverQuota; after any fault some may have been moved.

        Without MOVE (RFC 6851) they are copied first, so that a connection lost in between leaves them in both folders.
        """

    async def remove(self, uids: Iterable[int]) -> None:
        """Expunge these and no others, for good. Only where UIDPLUS is among the capabilities (RFC 4315)."""

    async def flag(self, uids: Iterable[int], keyword: str) -> None:
        r"""Add a keyword, or a system flag such as `\Flagged`, to these."""

    async def logout(self) -> None:
        """Part politely, and close. Raises nothing."""

    def abort(self) -> None:
        """Close at once. Raises nothing."""


class Connect(Protocol):
    """How a driver is come by."""

    async def __call__(self, server: Server, waits: Waits = ...) -> Driver:
        """Connect, TLS and greeting. Raises BadCertificate, Gone, Lied, Refused."""
