"""DKIM but for the cryptography: a signature field to a value, whether it may count, and the digest of a body.

Reading is strict (RFC 6376 §3.5): what two verifiers may read differently is a `permerror`. A signature that would
verify and still proves nothing about what people see is `policy`, with words why. Total, linear, bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from gateway.core.address import fold_ascii
from gateway.core.dkim_tags import (
    NAME_OCTETS,
    UnfitError,
    domain_of,
    listed,
    needed,
    octets_of,
    read_tags,
    seconds_of,
    selector_of,
)
from gateway.core.fields import unfolded
from gateway.core.inquiry import Question

FIELD_OCTETS = 8 * 1024
NAMES = 200
"""The most names in h=; the lists of careful signers have about 80."""
SLACK = 5 * 60
"""Seconds that clocks may differ."""

Word = Literal["pass", "fail", "none", "policy", "neutral", "temperror", "permerror"]

_ONCE = ("from", "subject", "date", "to", "mime-version", "content-type", "content-transfer-encoding")
_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256", "rsa-sha1"})
_CANONICALIZATION = re.compile(r"(simple|relaxed)(?:/(simple|relaxed))?")
_EMPTY_LINE = re.compile(rb"\n[ \t]*\r?\n")
_NAME = re.compile(r"[!-9<-~]+")  # RFC 5322 §3.6.8, but for the semicolon


@dataclass(frozen=True, slots=True)
class DkimResult:
    """What became of one signature: a word of RFC 8601 §2.7.1. Domain and selector are empty where unreadable."""

    result: Word
    domain: str = ""
    selector: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One well-formed DKIM-Signature field. Names in lower case; times in seconds since 1970.

    `header` and `body` say how they are made canonical, `simple` or `relaxed`; `identity` is the domain of i=;
    `partial` is whether l= is there.
    """

    domain: str
    selector: str
    algorithm: str
    header: str
    body: str
    names: tuple[str, ...]
    body_hash: bytes
    signature: bytes
    identity: str
    signed_at: int | None
    expires_at: int | None
    partial: bool

    @property
    def question(self) -> Question:
        """Where the key is: RFC 6376 §3.6.2.1."""
        return Question(f"{self.selector}._domainkey.{self.domain}", "TXT")

    def result(self, word: Word, detail: str = "") -> DkimResult:
        """This signature's result."""
        return DkimResult(word, self.domain, self.selector, detail)


def read_signature(value: bytes) -> Signature | DkimResult:
    """Read the value of one DKIM-Signature field, raw with its folding; a `permerror` where it is not one."""
    domain = selector = ""
    try:
        tags = read_tags(_on_one_line(value))
        domain, selector = domain_of(needed(tags, "d"), "d"), selector_of(needed(tags, "s"))
        return _signature(tags, domain, selector)
    except UnfitError as unfit:
        return DkimResult("permerror", domain, selector, str(unfit))


def objection(signature: Signature, present: Mapping[str, int], now: datetime) -> str:
    """Why a signature that may well verify is no evidence, or "". `present` is how many fields of a name there are."""
    return next(_objections(signature, present, now.timestamp()), "")


def body_digest(body: bytes, algorithm: str) -> bytes:
    """SHA-256 of a body with CRLF line ends, made `simple` or `relaxed`: RFC 6376 §3.4.3, §3.4.4."""
    if algorithm == "relaxed":
        body = body.replace(b"\t", b" ")
        while b"  " in body:  # each round halves every run, so there are 25 at most
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ").rstrip(b"\r\n")
        return sha256(body + b"\r\n" if body else b"").digest()
    return sha256(body.rstrip(b"\r\n") + b"\r\n").digest()


def related(domain: str, author_domain: str) -> bool:
    """Whether one is the other or above it."""
    return f".{domain}".endswith(f".{author_domain}") or f".{author_domain}".endswith(f".{domain}")


def _on_one_line(value: bytes) -> bytes:
    if len(value) > FIELD_OCTETS:
        raise UnfitError(f"the field is over {FIELD_OCTETS} octets")
    if _EMPTY_LINE.search(value):
        raise UnfitError("an empty line within the field")  # RFC 6376 §2.8: folding white space has one CRLF
    return unfolded(value)


def _signature(tags: Mapping[str, str], domain: str, selector: str) -> Signature:
    if needed(tags, "v") != "1":
        raise UnfitError("v= is not 1")
    algorithm = fold_ascii(needed(tags, "a"))
    if algorithm not in _ALGORITHMS:
        raise UnfitError("a= is not an algorithm that we know")
    canonical = _CANONICALIZATION.fullmatch(fold_ascii(tags.get("c", "simple")))
    if not canonical:
        raise UnfitError("c= is neither simple nor relaxed")
    if "dns/txt" not in listed(tags.get("q", "dns/txt")):
        raise UnfitError("q= is not dns/txt")
    if len(f"{selector}._domainkey.{domain}") > NAME_OCTETS:
        raise UnfitError("d= and s= are too long together")
    signed_at, expires_at = seconds_of(tags, "t"), seconds_of(tags, "x")
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise UnfitError("x= is not after t=")  # RFC 6376 §3.5
    return Signature(
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        header=canonical[1],
        body=canonical[2] or "simple",
        names=_names(needed(tags, "h")),
        body_hash=octets_of(tags, "bh"),
        signature=octets_of(tags, "b"),
        identity=_identity(tags.get("i", f"@{domain}"), domain),
        signed_at=signed_at,
        expires_at=expires_at,
        partial="l" in tags,
    )


def _names(text: str) -> tuple[str, ...]:
    names = tuple(listed(text))
    if len(names) > NAMES or not all(map(_NAME.fullmatch, names)):
        raise UnfitError(f"h= is no list of at most {NAMES} names")
    if "from" not in names:
        raise UnfitError("from is not signed")  # RFC 6376 §6.1.1
    return names


def _identity(text: str, domain: str) -> str:
    _, at, below = text.rpartition("@")
    identity = domain_of(below, "i")
    if not at or not f".{identity}".endswith(f".{domain}"):
        raise UnfitError("i= is not within d=")  # RFC 6376 §6.1.1
    return identity


def _objections(signature: Signature, present: Mapping[str, int], now: float) -> Iterator[str]:
    signed = Counter(signature.names)
    if signature.partial:
        yield "l= leaves the end of the body open"  # RFC 6376 §8.2
    if signature.algorithm == "rsa-sha1":
        yield "rsa-sha1 proves nothing any more"  # RFC 8301 §3.1
    if present.get("subject") and not signed["subject"]:
        yield "subject is not signed"  # and From: without it a signature is not even one
    for name in _ONCE:
        if present.get(name, 0) > max(1, signed[name]):
            yield f"there are more {name} fields than were signed"  # RFC 6376 §5.4.2, §8.15
    if signature.expires_at is not None and now > signature.expires_at + SLACK:
        yield "the signature has expired"
    if signature.signed_at is not None and now < signature.signed_at - SLACK:
        yield "the signature is from the future"
