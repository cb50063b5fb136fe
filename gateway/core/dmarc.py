"""DMARC (RFC 9989): what the author's domain publishes, and where its organization begins. Asks by value, never does.

The record parser is tolerant where the RFC is: unknown tags and broken items are passed over. The tree walk asks at
most 8 names, plus what lies between the author's domain and the few of its descendants that signed. Every record that
could not be asked for makes the whole answer `CouldNotAsk`: half a walk may hide a boundary (I9).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.core.address import fold_ascii
from gateway.core.inquiry import Answer, Found, Inquiry, Question

QUERIES = 8  # RFC 9989 §4.10
SIGNERS = 4
"""Descendants of the author's domain that are looked at; one over it does not vouch."""

_NAME_OCTETS = 253  # RFC 1035 §3.1 as text; no longer name can exist
_VERSION = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")  # RFC 9989 §4.8: the value's case counts
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s,;]+")
_REQUESTS = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class Record:
    """One DMARC record. `p`, `sp` and `np` are empty in a record that asks for nothing that can be understood."""

    p: str = ""
    sp: str = ""
    np: str = ""
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: str = "u"
    testing: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The record that speaks for the author's domain, where it stands, and how far the organization reaches.

    `cut` are the descendants of the author's domain that a `psd` tag makes organizations of their own.
    """

    domain: str
    organizational: str
    record: Record
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NoPolicy:
    """There is no record on the whole way up."""


@dataclass(frozen=True, slots=True)
class CouldNotAsk:
    """The DNS did not answer for this name."""

    name: str


def discover(author_domain: str, signers: Iterable[str] = ()) -> Inquiry[Policy | NoPolicy | CouldNotAsk]:
    """Walk up from the author's domain. `signers` are the domains that DKIM or SPF passed for, as A-labels.

    RFC 9989 walks from each of them too. Of that walk only what lies below the author's domain can say anything new,
    and only for its descendants, so only that is asked.
    """
    records: dict[str, Record] = {}
    for domain in _way_up(author_domain):
        record = yield from _record_at(domain)
        if isinstance(record, CouldNotAsk):
            return record
        if record is not None:
            records[domain] = record
            if record.psd != "u":
                break
    if not records:
        return NoPolicy()
    organizational = _organizational(author_domain, records)
    # RFC 9989 §4.10.1: the author's own record, else the organization's, else that of the public suffix above it.
    chosen = next(one for one in (author_domain, organizational, list(records)[-1]) if one in records)
    policy = Policy(chosen, organizational, records[chosen])
    if chosen != author_domain:
        return policy
    cut = yield from _cut_off(author_domain, signers)
    return cut if isinstance(cut, CouldNotAsk) else Policy(chosen, organizational, records[chosen], cut)


def is_below(domain: str, ancestor: str) -> bool:
    """Whether `domain` is a proper descendant, by whole labels."""
    return domain.endswith(f".{ancestor}")


def _organizational(start: str, records: dict[str, Record]) -> str:
    """RFC 9989 §4.10.2: what a psd tag says, else the domain with a record that has the fewest labels."""
    highest = list(records)[-1]  # the walk goes up and stops at a psd tag
    if records[highest].psd == "y":
        return ".".join(start.split(".")[-(highest.count(".") + 2) :])  # one label below; `start` has none below it
    return highest


def _cut_off(author_domain: str, signers: Iterable[str]) -> Inquiry[frozenset[str] | CouldNotAsk]:
    """The descendants with a psd tag of their own, or between them and the author's domain."""
    descendants = [one for one in dict.fromkeys(signers) if is_below(one, author_domain)]
    cut = set(descendants[SIGNERS:])
    for signer in descendants[:SIGNERS]:
        for domain in _way_up(signer):
            if not is_below(domain, author_domain):
                break
            record = yield from _record_at(domain)
            if isinstance(record, CouldNotAsk):
                return record
            if record is not None and record.psd != "u":
                cut.add(signer)
                break
    return frozenset(cut)


def _way_up(domain: str) -> Iterator[str]:
    """The domain, then its ancestors; of a deep one only those of 7 labels and fewer (RFC 9989 §4.10)."""
    yield domain
    labels = domain.split(".")[1:][-(QUERIES - 1) :]
    for first in range(len(labels)):
        yield ".".join(labels[first:])


def _record_at(domain: str) -> Inquiry[Record | CouldNotAsk | None]:
    name = f"_dmarc.{domain}"
    if len(name) > _NAME_OCTETS:
        return None
    answer = yield Question(name, "TXT")
    return CouldNotAsk(name) if answer.found is Found.COULD_NOT_ASK else _only_record(answer)


def _only_record(answer: Answer) -> Record | None:
    """Of several records at one name none counts (RFC 9989 §4.10)."""
    records = [parse_record(one) for one in answer.values if isinstance(one, bytes)]
    found = [one for one in records if one is not None]
    return found[0] if len(found) == 1 else None


def parse_record(text: bytes) -> Record | None:
    """Read one TXT record; None when it is not DMARC's. A tag given twice with two values has the stricter one."""
    version = _VERSION.match(text)
    if version is None:
        return None
    tags = [_tag(item) for item in text[version.end() :].decode("latin-1").split(";")]
    given = dict(reversed(tags))  # for the rest the first counts
    p, sp, np = _requests(given)
    return Record(
        p=p,
        sp=sp,
        np=np,
        strict_dkim=("adkim", "s") in tags,
        strict_spf=("aspf", "s") in tags,
        psd="y" if ("psd", "y") in tags else "n" if ("psd", "n") in tags else "u",
        testing=("t", "y") in tags,
    )


def _tag(item: str) -> tuple[str, str]:
    name, _, value = item.partition("=")
    return fold_ascii(name.strip(" \t")), fold_ascii(value.strip(" \t"))


def _requests(given: dict[str, str]) -> tuple[str, str, str]:
    """RFC 9989 §4.7: what is no word of the RFC asks for `none` if somebody wants reports, else for nothing."""
    p = given.get("p", "")
    sp = given.get("sp", p)
    np = given.get("np", sp)
    if {p, sp, np} <= _REQUESTS:
        return p, sp, np
    wants_reports = any(_URI.fullmatch(one.strip(" \t")) for one in given.get("rua", "").split(","))
    return ("none", "none", "none") if wants_reports else ("", "", "")
