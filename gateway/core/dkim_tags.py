"""Tag lists, `v=1; a=rsa-sha256; ...` (RFC 6376 §3.2): octets to tags, and a tag's text to what it means, strictly.

Every function raises `UnfitError` where two verifiers might read differently; its words hold nothing that a stranger
wrote. Linear in what is given; the caller bounds that.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping

from gateway.core.address import fold_ascii

NAME_OCTETS = 253
"""Of a name in the DNS, written out."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SECONDS = re.compile(r"[0-9]{1,12}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_SELECTOR_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_SELECTOR = re.compile(rf"{_SELECTOR_LABEL}(?:\.{_SELECTOR_LABEL})*")


class UnfitError(ValueError):
    """Why this is no signature or no key; never leaves the core."""


def read_tags(octets: bytes) -> dict[str, str]:
    """Tags by name, in order, on one line. UTF-8 is let in, for what RFC 8616 lets in; who needs ASCII asks for it."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        raise UnfitError("not UTF-8") from None
    if _CONTROL.search(text):
        raise UnfitError("a control character")
    specs = text.split(";")
    if not specs[-1].strip(" \t"):
        specs.pop()
    tags: dict[str, str] = {}
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip(" \t")
        if not equals or not _TAG.fullmatch(name):
            raise UnfitError("not a list of tags")
        if name in tags:
            raise UnfitError("a tag is there twice")  # RFC 6376 §3.2
        tags[name] = value.strip(" \t")
    return tags


def needed(tags: Mapping[str, str], name: str) -> str:
    """The text of a tag that has to be there."""
    if not tags.get(name):
        raise UnfitError(f"no {name}=")
    return tags[name]


def listed(text: str) -> list[str]:
    """What stands between colons, in lower case."""
    return [fold_ascii(one.strip(" \t")) for one in text.split(":")]


def octets_of(tags: Mapping[str, str], name: str) -> bytes:
    """The octets of a base64 tag, which has to be there."""
    text = needed(tags, name).replace(" ", "").replace("\t", "")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, and what is not ASCII
        raise UnfitError(f"{name}= is not base64") from None


def domain_of(text: str, name: str) -> str:
    """A domain of at least two LDH labels, in lower case."""
    domain = fold_ascii(text)
    if len(domain) > NAME_OCTETS or not _DOMAIN.fullmatch(domain):
        raise UnfitError(f"{name}= has no domain of A-labels")
    return domain


def selector_of(text: str) -> str:
    """A selector: LDH labels, in which people put underscores too."""
    selector = fold_ascii(text)
    if len(selector) > NAME_OCTETS or not _SELECTOR.fullmatch(selector):
        raise UnfitError("s= is not a selector")
    return selector


def seconds_of(tags: Mapping[str, str], name: str) -> int | None:
    """Seconds since 1970; None where the tag is not there."""
    if name not in tags:
        return None
    if not _SECONDS.fullmatch(tags[name]):
        raise UnfitError(f"{name}= is not a time")
    return int(tags[name])
