"""The fields of a delivery report (RFC 3464), wherever they stand, and the status that a diagnosis tells."""

from __future__ import annotations

import re

from gateway.core.charset import decode
from gateway.core.fields import Field, read, unfolded
from gateway.core.letter import one_line
from gateway.core.message import Fate
from gateway.core.report_words import folded, why

RECIPIENTS = 20
"""A letter of ours has one; a list that it was sent on to has more."""

RECIPIENT_CHARACTERS = 320
DIAGNOSIS_CHARACTERS = 4_000

_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})  # RFC 3464 §2.3.3
_GROUPS = re.compile(rb"\n(?:[ \t]*\r?\n)+")
_STATUS = re.compile(rb"\s*+([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9])")  # RFC 3464 §2.3.4
_CODED = re.compile(  # behind a reply code or a mark: a number in an address or a version has neither
    r"(?:(?<![0-9.])[45][0-5][0-9][ -]{1,2}|#|: ?|-- |\()([45]\.[0-7]\.[0-9]{1,3})(?!\.?[0-9])",
)
_REPLY = re.compile(r"(?<![0-9a-z.:\[-])([45])[0-5][0-9](?=[ :-])")  # RFC 5321 §4.2


def fates(pieces: list[bytes]) -> tuple[Fate, ...]:
    """Every recipient that has fields of its own, in order, each once."""
    found: dict[str, Fate] = {}
    for group in (group for octets in pieces for group in _GROUPS.split(octets)):
        fields = read(group)[0] if b"ecipient" in group else ()
        recipient = _recipient(_value(fields, "original-recipient"), _value(fields, "final-recipient"))
        if recipient and len(found) < RECIPIENTS:
            action = decode(_value(fields, "action")).lower()
            stated = _STATUS.match(_value(fields, "status"))
            status = refined(stated[1].decode() if stated else "", decode(_value(fields, "diagnostic-code")))
            found.setdefault(recipient.lower(), Fate(recipient, status, action if action in _ACTIONS else ""))
    return tuple(found.values())


def refined(status: str, said: str, otherwise: str = "") -> str:
    """A status that is missing, or names a class alone, by what is said beside it if that is of the same class."""
    if status and status not in {"4.0.0", "5.0.0"}:
        return status
    told = status_of(said, status[:1] or otherwise)
    return told if not status or told[0] == status[0] else status


def status_of(said: str, otherwise: str = "") -> str:
    """The status that a diagnosis tells: an enhanced code, else what reply code and words mean (RFC 3463), or "".

    `otherwise` is the class where the diagnosis has no code; without it words alone tell nothing.
    """
    text = folded(said[:DIAGNOSIS_CHARACTERS])
    if coded := _CODED.search(text):
        return coded[1]
    reply = _REPLY.search(text)
    kind = reply[1] if reply else otherwise
    return f"{kind}.{why(text) or '0.0'}" if kind else ""


def _value(fields: tuple[Field, ...], name: str) -> bytes:
    return next((unfolded(value) for one, value in fields if one == name), b"")


def _recipient(*named: bytes) -> str:
    """The first that looks like an address, else any: the original one is whom we wrote to (RFC 3464 §2.3.1)."""
    found = [_address(value) for value in named]
    return next((one for one in found if "@" in one), found[-1] or found[0])


def _address(value: bytes) -> str:
    """What follows the address type (RFC 3464 §2.3.2), without a source route."""
    address = decode(value.rpartition(b";")[2]).strip(" \t<>")
    return one_line(address.rpartition(":")[2] if address.startswith("@") else address, RECIPIENT_CHARACTERS)
