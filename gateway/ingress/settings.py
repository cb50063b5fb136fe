"""Settings of a listener, the bounds every session keeps to, and who is a peer. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from gateway.core.arrival import Position

IPAddress = IPv4Address | IPv6Address

_HIGHEST_PORT = 65535
_MAPPED_PREFIX = 96  # ::ffff:0:0/96, RFC 4291 §2.5.5.2


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """One entry under `smtp:` in the configuration. `peers` are IP addresses or networks, as text."""

    name: str
    listen: str
    """`127.0.0.1:8025`, `[::1]:25` or `unix:/run/gateway/lmtp.sock`; port 0 is any free one."""
    protocol: Literal["smtp", "lmtp"]
    position: Position
    trusted_ids: frozenset[str] = frozenset()
    peers: frozenset[str] = frozenset()
    socket_mode: int = 0o660

    def is_peer(self, client: IPAddress | None) -> bool:
        """Whether a client is a configured peer. None is a client of a Unix socket: the file's mode has let it in."""
        if client is None:
            return True
        return any(client in network for network in map(_network, self.peers))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a stranger may cost us (threats rule 15). Octets, seconds, counts."""

    message: int = 25 * 2**20
    """Announced as SIZE; CRLF counts, dot-stuffing does not (RFC 1870 §5)."""
    connections: int = 100
    connections_per_peer: int = 50
    """A peer is an IPv4 address or an IPv6 /64: a customer of IPv6 owns all of the latter."""
    recipients: int = 100
    line: int = 2**20
    """The longest text line taken, without its CRLF. RFC 5321 §4.5.3.1.6 promises 998, but longer ones are common."""
    command: int = 1024
    """The longest command line, with its CRLF: 512 (RFC 5321 §4.5.3.1.4) and room for every parameter we announce."""
    memory: int = 256 * 2**10
    """Of one message being received; what is over it goes to a file."""
    errors: int = 20
    """Bad commands, then 421."""
    idle_seconds: float = 300  # RFC 5321 §4.5.3.2.7
    """For one command line, one read of data, or one reply to be taken."""
    data_seconds: float = 600
    session_seconds: float = 3600
    budget_seconds: float = 30
    """How long a finished message waits for its part of the memory budget before it is put off."""


def client_address(text: str) -> IPAddress:
    """The client as one address, however the socket spells it: a v4-mapped IPv6 address is the IPv4 address."""
    address = ip_address(text.partition("%")[0])  # a zone is where it is heard, not who it is
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def client_group(client: IPAddress) -> str:
    """What `connections_per_peer` counts by."""
    if isinstance(client, IPv6Address):
        return str(IPv6Network((int(client), 64), strict=False))
    return str(client)


def split_listen(listen: str) -> tuple[str, int] | str:
    """`host:port` as a pair, `unix:PATH` as the path. Raises ValueError with what would be right."""
    if listen.startswith("unix:") and len(listen) > len("unix:"):
        return listen.removeprefix("unix:")
    host, _, port = listen.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not host or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise ValueError(f"{listen!r} is not HOST:PORT, [IPV6]:PORT or unix:PATH")
    return host, int(port)


@cache  # of the configuration's few
def _network(text: str) -> IPv4Network | IPv6Network:
    network = ip_network(text, strict=False)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_PREFIX:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((int(mapped), network.prefixlen - _MAPPED_PREFIX))
    return network
