"""The canary: a forged message that `gateway check` sends itself through the border, and what its arrival tells. Pure.

It claims, under each authserv-id that is trusted, that its author is proved. Nobody may believe it. It is known by a
mark in the subject that only our keys seal, so no stranger's message is taken for one, and it never becomes a ticket.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from gateway.core.evidence import Source
from gateway.core.message import Message
from gateway.core.reference import Keyring
from gateway.core.vouch import evidence_from

_MARK = re.compile(r"\[canary ([a-z2-7]{26})\.([0-9a-z]{18})\]", re.IGNORECASE)
_FIELD = "authentication-results"
_LOCAL_PART = "canary"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a subject says it is. `nonce` is the canary's own, 18 letters and digits."""

    token: str
    nonce: str

    def sealed_by(self, keys: Keyring) -> bool:
        """Whether it is a canary of ours."""
        return keys.opens(self.token, "canary", self.nonce.lower())


@dataclass(frozen=True, slots=True)
class Sighting:
    """What became of the forged fields, and of the border's own."""

    kept: bool
    """A forged one came through, wherever it stands."""
    believed: bool
    """A forged one stands where the border's own would, and counts."""
    genuine: bool
    """The border wrote one of its own that counts."""
    vouched: bool
    """And that one vouches for the author, who can have been proved only by who signed on the way, or by SPF."""
    signed: bool
    """Somebody signed on the way."""


def mark_in(subject: str) -> Mark | None:
    """The mark that a subject carries, anywhere: borders put words around it."""
    found = _MARK.search(subject)
    return Mark(found[1], found[2]) if found else None


def canary(  # noqa: PLR0913 - each is a line of the message
    keys: Keyring, nonce: str, *, hostname: str, to: str, forged_ids: Iterable[str], at: datetime
) -> bytes:
    """The message. Its author is nobody at our own host name, a domain that no stranger's signature vouches for."""
    own = f"dmarc=pass header.from={hostname} policy.canary={nonce}"
    # What OpenDMARC 1.4 takes for its own border's findings, unless the border removes it: then it says pass itself.
    taken = f"spf=pass smtp.mailfrom={hostname}; dkim=pass header.d={hostname} policy.canary={nonce}"
    claims = [(one, claim) for one in sorted(forged_ids) for claim in (own, taken)]
    fields = [
        *(("Authentication-Results", f"{one};\r\n\t{claim}") for one, claim in claims),
        ("Received-SPF", f"pass (canary) identity=mailfrom; envelope-from={author(hostname)}"),
        ("Date", format_datetime(at)),
        ("From", author(hostname)),
        ("To", to),
        ("Subject", f"[canary {keys.seal('canary', nonce)}.{nonce}]"),
        ("Message-ID", f"<{message_id(nonce, hostname)}>"),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834 §5: whoever it strays to leaves it unanswered
    ]
    header = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{header}\r\nThe gateway tests its border with this message.\r\n".encode("ascii")


def author(hostname: str) -> str:
    """Nobody, at our own host name. The reverse-path too: a null one would not lead OpenDMARC into temptation."""
    return f"{_LOCAL_PART}@{hostname}"


def message_id(nonce: str, hostname: str) -> str:
    """Under which it is found again."""
    return f"canary.{nonce}@{hostname}"


def sight(message: Message, trusted_ids: frozenset[str], inside: Sequence[str], nonce: str) -> Sighting:
    """What arrived, judged as any message is: with the forged fields, and as if they had never been there."""
    forged = nonce.encode("ascii")
    others = tuple(one for one in message.fields if one[0] != _FIELD or forged not in one[1].lower())
    seen = evidence_from(message.fields, message.author, trusted_ids, inside)
    without = evidence_from(others, message.author, trusted_ids, inside)
    return Sighting(
        kept=len(others) < len(message.fields),
        believed=seen.source is Source.HEADER and seen != without,
        genuine=without.source is Source.HEADER,
        vouched=without.aligned,
        signed=any(name == "dkim-signature" for name, _ in message.fields),
    )
