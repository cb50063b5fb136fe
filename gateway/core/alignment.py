"""Alignment: whether an authenticated domain vouches for the author's. Stricter than DMARC, never laxer.

The law (threats rule 7). The author's own domain always vouches. An ancestor vouches when neither the public suffix
list nor the author's DMARC record sees a boundary between the two. A descendant vouches when, besides, the author's
domain itself publishes a record. A record that is strict for the method leaves only the domain itself. Nothing else
ever vouches, siblings least of all.

Two opinions are heard about where an organization ends: the tree walk (RFC 9989 §4.10) and the public suffix list.
Where there is no record the walk says nothing and the list decides. Where both speak, each may say no: a `psd=n`
does not make a suffix of the list a firm, for the list knows hosts whose tenants are strangers to each other.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Literal, TypeAlias, assert_never

from gateway.core.dmarc import CouldNotAsk, NoPolicy, Policy, is_below

Method: TypeAlias = Literal["dkim", "spf"]


class Alignment(Enum):
    """How an authenticated domain stands to the author's domain, in words that complete "d is ..."."""

    EXACT = "the author's domain"
    ANCESTOR = "above the author's domain in the same organization"
    DESCENDANT = "below the author's domain, whose DMARC record admits that"
    UNASKED = "a relative of the author's domain, whose DMARC record could not be asked for"
    UNRELATED = "another domain"
    SUFFIX = "beyond a public suffix"
    STRICT = "not exactly the author's domain, whose DMARC record is strict"
    BOUNDARY = "outside the author's organization by a DMARC record"
    UNPUBLISHED = "below the author's domain, which publishes no DMARC record that admits it"

    @property
    def aligned(self) -> bool:
        """Whether the domain vouches for the author's."""
        return self in {Alignment.EXACT, Alignment.ANCESTOR, Alignment.DESCENDANT}


def align(
    author_domain: str,
    domain: str,
    method: Method,
    policy: Policy | NoPolicy | CouldNotAsk,
    is_public_suffix: Callable[[str], bool],
) -> Alignment:
    """Both domains as lower-case A-labels; `policy` is what `discover(author_domain, ...)` found."""
    if domain == author_domain:
        return Alignment.EXACT  # whatever became of the DMARC record
    if not is_related(author_domain, domain):
        return Alignment.UNRELATED
    above = is_below(author_domain, domain)
    lower, upper = (author_domain, domain) if above else (domain, author_domain)
    if any(is_public_suffix(one) for one in _line(lower, upper)):
        return Alignment.SUFFIX
    match policy:
        case CouldNotAsk():
            return Alignment.UNASKED
        case NoPolicy():
            return Alignment.ANCESTOR if above else Alignment.UNPUBLISHED
        case Policy():
            return _by_record(author_domain, domain, method, policy, above=above)
    assert_never(policy)


def is_related(one: str, other: str) -> bool:
    """Whether the two are the same domain, or one lies above the other."""
    return one == other or is_below(one, other) or is_below(other, one)


def _by_record(author_domain: str, domain: str, method: Method, policy: Policy, *, above: bool) -> Alignment:
    if policy.record.strict_dkim if method == "dkim" else policy.record.strict_spf:
        return Alignment.STRICT
    if above:
        inside = domain == policy.organizational or is_below(domain, policy.organizational)
        return Alignment.ANCESTOR if inside else Alignment.BOUNDARY
    if policy.domain != author_domain or not policy.record.p:  # inherited, or nothing that can be understood
        return Alignment.UNPUBLISHED
    cut = policy.record.psd == "y" or domain in policy.cut
    return Alignment.BOUNDARY if cut else Alignment.DESCENDANT


def _line(lower: str, upper: str) -> list[str]:
    """Every domain from `lower` up to `upper`, both included: a suffix anywhere in it parts the two."""
    labels = lower.split(".")
    return [".".join(labels[first:]) for first in range(len(labels) - upper.count("."))]
