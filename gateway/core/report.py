"""Delivery reports (RFC 3464): recognised by their form alone, and believed in nothing (threats rule 14)."""

from __future__ import annotations

import re

from gateway.core.charset import decode
from gateway.core.fields import Field, read, unfolded
from gateway.core.letter import one_line
from gateway.core.message import Report
from gateway.core.mime import Part, content

REPORT_OCTETS = 64 * 1024
RECIPIENT_CHARACTERS = 320

_STATUS_KINDS = frozenset({"message/delivery-status", "message/global-delivery-status"})  # RFC 3464, RFC 6533
_STATUS = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}")  # RFC 3463 §2
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})  # RFC 3464 §2.3.3
_GROUPS = re.compile(rb"\n(?:[ \t]*\r?\n)+")


def report_of(raw: bytes, parts: tuple[Part, ...]) -> Report | None:
    """What the message reports, or None where it is no report. One that was forwarded inside another is none."""
    if parts[0].head.kind != "multipart/report":
        return None
    for part in parts:
        if part.parent == 0 and part.head.kind in _STATUS_KINDS:
            return _read(content(raw, part)[:REPORT_OCTETS])
    return None


def _read(octets: bytes) -> Report:
    """The first recipient that has an address."""
    for group in _GROUPS.split(octets):
        fields = read(group)[0]
        recipient = _address(_value(fields, "final-recipient")) or _address(_value(fields, "original-recipient"))
        if recipient:
            status = _STATUS.search(_value(fields, "status"))
            action = decode(_value(fields, "action")).lower()
            return Report(recipient, status[0].decode() if status else "", action if action in _ACTIONS else "")
    return Report()


def _value(fields: tuple[Field, ...], name: str) -> bytes:
    return next((unfolded(value) for one, value in fields if one == name), b"")


def _address(value: bytes) -> str:
    """What follows the address type: RFC 3464 §2.3.2."""
    return one_line(decode(value.rpartition(b";")[2]).strip(" \t<>"), RECIPIENT_CHARACTERS)
