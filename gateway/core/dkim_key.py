"""DKIM keys: what the DNS says to the one key of a signature, strictly (RFC 6376 §3.6.1), and whether it may be used.

Total, linear, bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.address import fold_ascii
from gateway.core.dkim import DkimResult, Signature
from gateway.core.dkim_tags import UnfitError, listed, octets_of, read_tags
from gateway.core.inquiry import Answer, Found

KEY_OCTETS = 4 * 1024


@dataclass(frozen=True, slots=True)
class Key:
    """A key record. `data` is DER for `rsa`, the bare key for `ed25519`; `flags` are t=, `services` s=."""

    kind: str
    data: bytes
    flags: frozenset[str]
    services: frozenset[str]


def key_of(signature: Signature, answer: Answer) -> Key | DkimResult:
    """The key that the DNS has for this signature, if it may be used: RFC 6376 §6.1.2."""
    if answer.found is Found.COULD_NOT_ASK:
        return signature.result("temperror", "the key could not be looked up")  # I9
    try:
        key = _key(_record(answer), signature)
    except UnfitError as unfit:
        return signature.result("permerror", str(unfit))
    why = next(_misuses(signature, key), "")
    return signature.result("policy", why) if why else key


def _record(answer: Answer) -> bytes:
    if answer.found is not Found.VALUES or not answer.values:
        raise UnfitError("no key")
    record, *others = answer.values
    if others or not isinstance(record, bytes):
        raise UnfitError("several key records")  # RFC 6376 §3.6.2.2: undefined
    if len(record) > KEY_OCTETS:
        raise UnfitError(f"the key record is over {KEY_OCTETS} octets")
    return record


def _key(record: bytes, signature: Signature) -> Key:
    tags = read_tags(record)
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        raise UnfitError("the key's v= is not DKIM1, or not in front")  # RFC 6376 §3.6.1
    kind = fold_ascii(tags.get("k", "rsa"))
    if not signature.algorithm.startswith(f"{kind}-"):
        raise UnfitError("the key is of another kind than the signature")
    if "sha256" not in listed(tags.get("h", "sha256")):
        raise UnfitError("the key is not for sha256")
    if tags.get("p") == "":
        raise UnfitError("the key is revoked")  # RFC 6376 §6.1.2
    flags, services = listed(tags.get("t", "")), listed(tags.get("s", "*"))
    return Key(kind, octets_of(tags, "p"), frozenset(flags), frozenset(services))


def _misuses(signature: Signature, key: Key) -> Iterator[str]:
    if key.services.isdisjoint(("*", "email")):
        yield "the key is not for mail"
    if "y" in key.flags:
        yield "the key is being tested"
    if "s" in key.flags and signature.identity != signature.domain:
        yield "the key is for its very domain, and i= names one below it"
