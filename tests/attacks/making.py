"""How the cases of the attack tables are made: a message, a border above it, and what is to become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from dkim_signing import record, signed
from gateway.core.arrival import Origin, Position
from house import BEHIND, TRUSTED
from nameserver import Value

MALFORMED = "reject malformed-author"
HELD = "quarantine unauthenticated"
STRANGER = "quarantine unregistered"
ACCEPTED = "accept registered"

ANNA = "tecnico@rossi.example"
EVE = "eve@attack.example"
PASS = "dmarc=pass header.from=rossi.example"  # noqa: S105 - a result, no secret
EDGE = Origin("edge", Position.EDGE, "192.0.2.10")
ELSEWHERE = replace(EDGE, peer="203.0.113.9")

Zone = Mapping[tuple[str, str], list[Value]]
_numbers = count(1)


@dataclass(frozen=True)
class Case:
    """One row: what it is called, what comes, and the disposition and reason that are right."""

    name: str
    raw: bytes
    want: str = HELD
    zone: Zone = field(default_factory=dict)
    origin: Origin = BEHIND
    reverse_path: str = ANNA

    def __str__(self) -> str:
        return self.name


def mail(
    author: str | bytes = f"From: Tecnico <{ANNA}>",
    *,
    subject: str = "Subject: Il sito non risponde",
    body: str | bytes = "Buongiorno, il sito non risponde.\r\n",
    kind: str = "Content-Type: text/plain; charset=utf-8",
    more: str = "",
) -> bytes:
    """A message as its author's program writes it. Fields are whole lines; `more` are some, each ended by CRLF."""
    lines = [
        author.encode() if isinstance(author, str) else author,
        b"To: support@example.it",
        subject.encode(),
        b"Date: Sun, 22 Nov 2026 12:00:00 +0000",
        f"Message-ID: <{next(_numbers)}@rossi.example>\r\nMIME-Version: 1.0".encode(),
        *(more.encode().removesuffix(b"\r\n").split(b"\r\n") if more else ()),
        *([kind.encode()] if kind else ()),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def stamped(raw: bytes, *results: str, authserv_id: str = TRUSTED) -> bytes:
    """As the border hands it on: a field for each of `results` above its own Received."""
    fields = "".join(f"Authentication-Results: {authserv_id}; {one}\r\n" for one in results)
    return fields.encode() + b"Received: from out.example by " + TRUSTED.encode() + b"; now\r\n" + raw


def key(domain: str, selector: str = "s1", value: bytes | None = None) -> Zone:
    """The key of the tests, where a signature of this domain has it."""
    return {(f"{selector}._domainkey.{domain}", "TXT"): [record() if value is None else value]}


def txt(name: str, *values: str) -> Zone:
    """Text in the DNS."""
    return {(name, "TXT"): list(values)}


def changed(raw: bytes, old: bytes, new: bytes) -> bytes:
    """The first of `old` made `new`; it has to be there."""
    assert old in raw
    return raw.replace(old, new, 1)


__all__ = ["ACCEPTED", "ANNA", "EDGE", "ELSEWHERE", "EVE", "HELD", "MALFORMED", "PASS", "STRANGER", "Case", "changed"]
__all__ += ["key", "mail", "signed", "stamped", "txt"]
