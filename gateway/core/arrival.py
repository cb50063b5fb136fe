"""Station 1, Arrival: the bytes as they came, the envelope, and where they came from. Trusts nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from gateway.core.place import Place

Path = NewType("Path", str)
"""A reverse-path or forward-path mailbox that our own strict path parser has read (RFC 5321 §4.1.2)."""


class Position(StrEnum):
    """Where an ingress stands, which decides what a refusal can be (threats rule 12)."""

    EDGE = "edge"
    BEHIND_MTA = "behind-mta"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What MAIL FROM and RCPT TO said. `reverse_path` is None for `<>`, and empty where a pipe was not told it.

    `helo` is what the client calls itself.
    """

    reverse_path: Path | None
    forward_paths: tuple[Path, ...]
    helo: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which ingress took the message, from whom, and which borders that ingress believes.

    `trusted_ids` are the authserv-ids whose Authentication-Results count for *this* arrival: empty unless the peer
    is a configured one. `inside` are the hops that a message makes between that border and us, the last one first.
    """

    ingress: str
    position: Position
    peer: str = ""
    trusted_ids: frozenset[str] = frozenset()
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message handed to us: `id` is ours and goes through every station and log line."""

    id: str
    raw: bytes = field(repr=False)
    envelope: Envelope | None
    origin: Origin
    at: datetime
    place: Place | None = None
    """Where in a mailbox it lies; the ledger of that mailbox is written with it (I4)."""
