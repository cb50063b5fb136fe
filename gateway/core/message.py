"""Station 2, Message or Malformed: what the bytes say. It says who it is from; nothing here is believed yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.address import Address
from gateway.core.reason import Reason


class Source(Protocol):
    """Where octets are to be had."""

    def octets(self) -> bytes: ...  # noqa: D102 - after transfer decoding, or unpacking


@dataclass(frozen=True, slots=True)
class Attachment:
    """A named or non-text part. `size` in octets after transfer decoding; `sha256` in hex over the same octets.

    `sniffed` is the content type that its octets show, "" where they show none; `folded`: the logo of a signature.
    `leaf` is where its octets stand: those of a part are not carried along, only what was unpacked.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    sniffed: str = ""
    folded: bool = False
    leaf: Source | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Body:
    """The words: `text` was written here, `quoted` was quoted, `signature` is the signature. Nothing is lost."""

    text: str = ""
    quoted: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()


PASSING = frozenset({"2.2", "2.3", "3.4", "4.1", "4.2", "4.7"})
"""Subjects and details of RFC 3463 that pass, whatever their class: full, too large for it, not reached in time."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What a delivery report says of one recipient: status of RFC 3463, action of RFC 3464, "" where it does not."""

    recipient: str = ""
    status: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report, as far as it could be read: the first recipient that failed, and all of them."""

    recipient: str = ""
    status: str = ""
    action: str = ""
    recipients: tuple[Fate, ...] = ()

    @property
    def hard(self) -> bool:
        """Whether the address itself does not work. Only 5 is permanent (RFC 3463 §3.1), and not all of it."""
        return self.action == "failed" and self.status.startswith("5.") and self.status[2:] not in PASSING


@dataclass(frozen=True, slots=True)
class Header:
    """The few header facts worth keeping even of a message that is malformed otherwise. Cleaned and bounded."""

    subject: str = ""
    message_id: str = ""
    fingerprint: str = ""
    """Hex sha256 over what stays the same when the same message is handed over again (I4)."""


@dataclass(frozen=True, slots=True)
class Robot:
    """What no person wrote: AUTO_RESPONSE or BULK, and in words what it is."""

    reason: Reason
    what: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message that parsed: exactly one author, bounded everything."""

    header: Header
    author: Address
    references: tuple[str, ...]
    """Message-IDs from In-Reply-To and References, nearest first, at most 100."""
    body: Body
    automatic: Robot | None
    """None for what a person wrote (RFC 3834)."""
    hops: int
    """Received fields (RFC 5321 §6.3)."""
    fields: tuple[tuple[str, bytes], ...]
    """Header fields in order, names in lower case, values raw and unfolded: for evidence."""
    in_name: tuple[Address, ...] = ()
    """Other addresses than the author's that stand in the display name, at most 3."""
    envelope: Envelope | str | None = None
    """What the message carries where it is a PEC transport envelope; or why it is none although it says so."""
    report: Report | None = None
    """What it reports where it reads like a delivery report, and nothing but its words says that a program wrote it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a PEC provider signed, its detached signature in DER, and the provider's address: not verified yet."""

    provider: Address
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A PEC transport envelope (RFC 6109): its seal, whom that certifies to have written to whom, and the message."""

    seal: Seal
    sender: Address
    recipients: tuple[Address, ...]
    content: Parsed


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A delivery report: recognised before its author is judged, and but for one in words whatever its author is."""

    header: Header
    report: Report


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that no two mail programs need read alike, or that was too much. `detail` is for the operator."""

    header: Header
    reason: Reason
    detail: str
    failed: bool = False
    """Whether parsing itself gave up: over a bound, or a fault. Otherwise it was read, and is held to be judged."""


Parsed = Message | DeliveryReport | Malformed
