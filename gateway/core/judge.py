"""Judging: what our own SPF, DKIM and DMARC checks prove of the author, and how that and the border's word combine.

Proof is positive: a pass whose domain vouches for the author's (threats rules 6 and 7), whatever the policy asks for.
What could not be asked, and would have been needed, is `Undecided`: the caller defers, and says nothing else (I9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from gateway.core.address import Address, voucher_key
from gateway.core.alignment import Alignment, Method, align, is_related
from gateway.core.dmarc import CouldNotAsk, NoPolicy, Policy
from gateway.core.evidence import OPEN, Assurance, Evidence, Result, Source
from gateway.core.letter import shown

DETAIL = 300
_PART = 80
_SHOWN = 4


class SpfOutcome(Protocol):
    """SPF of the MAIL FROM identity. A check of HELO, or for a null reverse-path, is not to be given at all."""

    @property
    def result(self) -> str: ...  # noqa: D102 - a word of RFC 8601 §2.7
    @property
    def domain(self) -> str: ...  # noqa: D102 - of the reverse-path
    @property
    def detail(self) -> str: ...  # noqa: D102 - for people


class DkimOutcome(SpfOutcome, Protocol):
    """One signature. A `pass` is one that counts: `l=`, `t=y`, rsa-sha1 and an unsigned From are not called so."""

    @property
    def selector(self) -> str: ...  # noqa: D102 - the signature's s=


@dataclass(frozen=True, slots=True)
class Undecided:
    """What could not be asked is needed. `evidence` is what is known so far, and is not proof."""

    evidence: Evidence


def judge(
    author: Address,
    spf: SpfOutcome | None,
    dkim: tuple[DkimOutcome, ...],
    policy: Policy | NoPolicy | CouldNotAsk,
    is_public_suffix: Callable[[str], bool],
) -> Evidence | Undecided:
    """Our own evidence. `spf` is None where it was not checked: anywhere but at the edge."""
    outcomes: list[tuple[Method, SpfOutcome]] = [("dkim", one) for one in dkim]
    if spf is not None:
        outcomes.append(("spf", spf))
    findings = [
        _Finding(method, one, align(author.domain, _domain(one.domain), method, policy, is_public_suffix))
        for method, one in outcomes
    ]
    proofs = [one for one in findings if one.proves]
    needed = [] if proofs else [one for one in findings if one.may_prove]
    evidence = Evidence(
        source=Source.OWN,
        assurance=Assurance.DOMAIN if proofs else Assurance.NONE,
        spf=None if spf is None else Result(spf.result, _domain(spf.domain)),
        dkim=tuple(Result(one.result, _domain(one.domain), shown(one.selector, _PART)) for one in dkim),
        dmarc=Result("temperror" if needed else _word(policy, proved=bool(proofs)), author.domain),
        detail=shown(_told(author.domain, proofs or findings, policy, proved=bool(proofs)), DETAIL),
    )
    return Undecided(evidence) if needed else evidence


@dataclass(frozen=True, slots=True)
class _Finding:
    method: Method
    outcome: SpfOutcome
    alignment: Alignment

    @property
    def proves(self) -> bool:
        return self.outcome.result == "pass" and self.alignment.aligned

    @property
    def may_prove(self) -> bool:
        """Whether an answer that the DNS owes us could still make this a proof."""
        if self.outcome.result == "pass":
            return self.alignment is Alignment.UNASKED
        return self.outcome.result == "temperror" and (self.alignment.aligned or self.alignment is Alignment.UNASKED)

    def __str__(self) -> str:
        domain = _domain(self.outcome.domain) or "no domain"
        why = f" ({shown(self.outcome.detail, _PART)})" if self.outcome.detail and self.outcome.result != "pass" else ""
        return f"{self.method}={self.outcome.result}{why} for {domain}, which is {self.alignment.value}"


def _word(policy: Policy | NoPolicy | CouldNotAsk, *, proved: bool) -> str:
    """The DMARC result (RFC 9989 §4.10; result words of RFC 8601 §2.7)."""
    if isinstance(policy, CouldNotAsk):
        return "temperror"
    if isinstance(policy, NoPolicy):
        return "none"
    if not policy.record.p:
        return "permerror"
    return "pass" if proved else "fail"


def _told(domain: str, findings: list[_Finding], policy: Policy | NoPolicy | CouldNotAsk, *, proved: bool) -> str:
    """For support staff: what would have made it pass comes first, for the end may be cut off."""
    ordered = sorted(findings, key=lambda one: one.alignment is Alignment.UNRELATED)
    found = "; ".join(map(str, ordered[:_SHOWN])) or "no signature"
    if proved:
        return f"our own check: {found}; {_told_policy(policy)}"
    return f"our own check found no proof for {domain}; wanted: dkim=pass with d={domain}; found: {found}; " + (
        _told_policy(policy)
    )


def _told_policy(policy: Policy | NoPolicy | CouldNotAsk) -> str:
    if isinstance(policy, CouldNotAsk):
        return f"the DNS did not answer for {policy.name}"
    if isinstance(policy, NoPolicy):
        return "no DMARC record"
    return f"DMARC record at {policy.domain}: p={policy.record.p or 'not to be understood'}"


def leaves_open(header: Evidence) -> bool:
    """Whether the border's word leaves our own check something to decide: it neither vouches nor says no."""
    return not header.aligned and (header.dmarc is None or header.dmarc.result in OPEN)


def combine(header: Evidence, own: Evidence | Undecided | None) -> Evidence | Undecided:
    """The border's word and ours. `header` is what its fields gave, `own` None where we have not checked.

    - A border's pass stands, unless our own check of the same author's signatures says they are broken: conflict is
      failure. To have found no signature is no conflict, nor is what could not be asked: the pass may rest on SPF,
      which we cannot see behind an MTA.
    - A border's no is not overruled by us. Where it has not said no (`none`, `temperror`, `permerror`, no DMARC result
      or one for no named domain), or has not spoken at all, our own check decides.
    - What we could not ask defers, unless it was the border's own `temperror` that made us ask: the same field would
      come back on retry, so that is held.
    """
    if own is None:
        return header
    if header.source is Source.HEADER:
        if header.aligned:
            return _unless_contradicted(header, own)
        known = own.evidence if isinstance(own, Undecided) else own
        if _says_no(header, known):
            return header
        if isinstance(own, Undecided) and "temperror" in _words(header):
            return replace(header, detail=shown(f"{header.detail}; nor could we ask: {known.detail}", DETAIL))
    return _with_detail(own, header)


def _unless_contradicted(header: Evidence, own: Evidence | Undecided) -> Evidence:
    if isinstance(own, Undecided) or not _contradicts(own, header):
        return header
    return replace(own, detail=shown(f"{header.detail}, which our own check contradicts: {own.detail}", DETAIL))


def _contradicts(own: Evidence, header: Evidence) -> bool:
    """Whether ours is a positive no: what should vouch for the author is there, and is broken.

    Where the border saw the same signature fail, and passed the mail by SPF, we agree with it.
    """
    if own.aligned or own.dmarc is None:
        return False
    broken = _failed(own.dkim, own.dmarc.domain)
    if header.spf is not None and header.spf.result == "pass":
        broken -= _failed(header.dkim, own.dmarc.domain)
    failed_spf = own.spf is not None and bool(_failed((own.spf,), own.dmarc.domain))
    return bool(broken) or failed_spf


def _says_no(header: Evidence, own: Evidence) -> bool:
    """Whether the border denies what we may have proved: by DMARC, by naming another author, by the same signature."""
    author_domain = own.dmarc.domain if own.dmarc else ""
    if header.dmarc and (header.dmarc.result not in OPEN or header.dmarc.domain not in {"", author_domain}):
        return True  # threats rule 4: it may have looked at Eve where we look at Alice
    passed = {one.domain for one in header.dkim if one.result == "pass"}
    return bool(_failed(header.dkim, author_domain) - passed)


def _failed(results: tuple[Result, ...], author_domain: str) -> set[str]:
    return {one.domain for one in results if one.result == "fail" and is_related(one.domain, author_domain)}


def _words(evidence: Evidence) -> Iterator[str]:
    return (one.result for one in (evidence.dmarc, evidence.spf, *evidence.dkim) if one is not None)


def _with_detail(own: Evidence | Undecided, header: Evidence) -> Evidence | Undecided:
    """Ours, and for who must find out why there is no proof, what the header lacked."""
    if isinstance(own, Undecided):
        return Undecided(replace(own.evidence, detail=_both(own.evidence, header)))
    return own if own.aligned else replace(own, detail=_both(own, header))


def _both(own: Evidence, header: Evidence) -> str:
    half = (DETAIL - len("; ")) // 2
    return shown("; ".join(shown(one.detail, half) for one in (own, header) if one.detail), DETAIL)


def _domain(text: str) -> str:
    try:
        return voucher_key(text)
    except ValueError:
        return ""  # related to nobody
