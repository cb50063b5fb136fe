"""SPF records: octets to `Record`, by the whole of the grammar of RFC 7208 §12, or `BadRecord`. Total and linear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from gateway.core.spf_macro import Spec, domain_spec, macro_string

RECORD_OCTETS = 8 * 1024
"""Far over what is in use (§3.4 recommends 450 for all); over it a record is in error (I7)."""

V4_BITS = 32
V6_BITS = 128


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One directive. `target` is empty where the domain itself is meant; `address` is the one that ip4 or ip6 names."""

    name: str
    qualifier: str
    text: str
    target: Spec = ()
    address: IPv4Address | IPv6Address | None = None
    v4_prefix: int = V4_BITS
    v6_prefix: int = V6_BITS


@dataclass(frozen=True, slots=True)
class Record:
    """Directives in order, and where `redirect=` leads, if anywhere. Explanations are checked and forgotten."""

    mechanisms: tuple[Mechanism, ...] = ()
    redirect: Spec = ()


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record with an error in any place counts for nothing (§4.6)."""

    detail: str


def is_spf(octets: bytes) -> bool:
    """Whether a TXT record is meant as an SPF record: the version, then a space or the end (§4.5)."""
    return octets[:6].lower() == b"v=spf1" and octets[6:7] in {b"", b" "}


def parse_record(octets: bytes) -> Record | BadRecord:
    """Read a record for which `is_spf` holds. All of it, before any of it is evaluated (§4.6)."""
    if len(octets) > RECORD_OCTETS:
        return BadRecord(f"over {RECORD_OCTETS} octets")
    text = octets.decode("ascii", "replace")  # what is not ASCII fits nowhere in the grammar
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, Spec] = {}
    for term in filter(None, text.split(" ")[1:]):
        modifier = _MODIFIER.fullmatch(term)
        if not modifier:
            mechanism = _mechanism(term)
            if not mechanism:
                return BadRecord(f"{term} is no mechanism")
            mechanisms.append(mechanism)
            continue
        name, known = modifier["name"].lower(), modifier["name"].lower() in _ONCE
        value = domain_spec(modifier["value"]) if known else macro_string(modifier["value"])
        if value is None:
            return BadRecord(f"{term} has no readable value")
        if known and name in modifiers:
            return BadRecord(f"{name}= stands there twice")  # §6
        modifiers[name] = value
    return Record(tuple(mechanisms), modifiers.get("redirect", ()))


_ONCE = frozenset({"redirect", "exp"})
_MODIFIER = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_.-]*+)=(?P<value>.*+)")
_PREFIX = r"0|[1-9][0-9]{0,2}"
_MECHANISM = re.compile(
    rf"(?P<qualifier>[-+?~]?)(?P<name>[a-z0-9]++)(?::(?P<value>.+?))?(?:/(?P<first>{_PREFIX}))?(?://(?P<second>{_PREFIX}))?",
    re.IGNORECASE,
)
_VALUE_NEEDED = frozenset({"include", "exists", "ip4", "ip6"})
_VALUE_ALLOWED = _VALUE_NEEDED | {"a", "mx", "ptr"}
_PREFIX_ALLOWED = frozenset({"a", "mx", "ip4", "ip6"})
_NAMES = _VALUE_ALLOWED | {"all"}


def _mechanism(term: str) -> Mechanism | None:
    found = _MECHANISM.fullmatch(term)
    name = found["name"].lower() if found else ""
    if not found or name not in _NAMES:
        return None
    value, first, second = found["value"], found["first"], found["second"]
    if name not in _VALUE_ALLOWED if value else name in _VALUE_NEEDED:
        return None
    bits = V6_BITS if name == "ip6" else V4_BITS
    v4_prefix, v6_prefix = int(first or bits), int(second or V6_BITS)
    if v4_prefix > bits or v6_prefix > V6_BITS or ((first or second) and name not in _PREFIX_ALLOWED):
        return None
    qualifier = found["qualifier"]
    if name in {"ip4", "ip6"}:
        address = None if second else _address(name, value)
        return Mechanism(name, qualifier, term, (), address, v4_prefix, v4_prefix) if address else None
    target = domain_spec(value) if value else ()
    return None if target is None else Mechanism(name, qualifier, term, target, None, v4_prefix, v6_prefix)


def _address(name: str, value: str) -> IPv4Address | IPv6Address | None:
    """The address of ip4 or ip6 (§5.6), which has no zone."""
    try:
        if name == "ip4":
            return IPv4Address(value)
        return None if "%" in value else IPv6Address(value)
    except ValueError:
        return None
