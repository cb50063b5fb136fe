"""What a configuration speaks of that the core does not know: endpoints, mailboxes with names, rates, the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from gateway.core.address import Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A TCP port on a host."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether nothing said to it leaves this machine."""
        return is_loopback(self.host)

    def overlaps(self, other: Endpoint) -> bool:
        """Whether but one of them can be listened on, as far as it can be seen without a look-up."""
        try:
            one, two = ip_address(self.host), ip_address(other.host)
        except ValueError:
            return self == other
        alike = one.version == two.version and (one == two or one.is_unspecified or two.is_unspecified)
        return alike and self.port == other.port != 0

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A socket in the file system."""

    path: Path

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, perhaps empty, and an address."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `per`."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Database:
    """Where the store is. `path` is the file of SQLite, and None for a server."""

    url: str
    path: Path | None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name: no look-up is made."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
