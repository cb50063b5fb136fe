"""What our own checks prove, and how they and the border's word combine (threats rules 4 to 8, I9)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from gateway.core.address import Address
from gateway.core.dmarc import CouldNotAsk, NoPolicy, Policy, Record
from gateway.core.evidence import Assurance, Evidence, Result, Source
from gateway.core.judge import DETAIL, Undecided, combine, judge
from gateway.core.providers import SHARED, graded

AUTHOR = Address.parse("anna@rossi.example")
REJECT = Policy("rossi.example", "rossi.example", Record("reject", "reject", "reject"))
STRICT = replace(REJECT, record=replace(REJECT.record, strict_dkim=True, strict_spf=True))
MONITOR = replace(REJECT, record=Record("none", "none", "none"))
BROKEN = replace(REJECT, record=Record())
SILENT = CouldNotAsk("_dmarc.rossi.example")


@dataclass(frozen=True, slots=True)
class Outcome:
    """As SPF and DKIM give it."""

    result: str
    domain: str
    selector: str = ""
    detail: str = ""


def own(policy=REJECT, dkim=(), spf=None) -> Evidence | Undecided:
    """Judged, from pairs of result and domain."""
    return judge(
        AUTHOR,
        None if spf is None else Outcome(*spf),
        tuple(Outcome(*one) for one in dkim),
        policy,
        lambda domain: domain in {"example", "it"},
    )


# Our own check

PROOFS = [
    (REJECT, [("pass", "rossi.example")], None, "pass"),
    (REJECT, [("pass", "Rossi.Example")], None, "pass"),
    (REJECT, [], ("pass", "rossi.example"), "pass"),
    (REJECT, [("pass", "mail.rossi.example")], None, "pass"),
    (REJECT, [("fail", "rossi.example"), ("pass", "rossi.example")], ("fail", "rossi.example"), "pass"),
    (REJECT, [("temperror", "rossi.example"), ("pass", "rossi.example")], None, "pass"),
    (STRICT, [("pass", "rossi.example")], None, "pass"),
    (MONITOR, [("pass", "rossi.example")], None, "pass"),
    (NoPolicy(), [("pass", "rossi.example")], None, "none"),
    (NoPolicy(), [], ("pass", "rossi.example"), "none"),
    (BROKEN, [("pass", "rossi.example")], None, "permerror"),
    (SILENT, [("pass", "rossi.example")], None, "temperror"),
]


@pytest.mark.parametrize(("policy", "dkim", "spf", "word"), PROOFS)
def test_an_aligned_pass_is_proof(policy, dkim, spf, word: str) -> None:
    """Rule 6: positive proof, whatever the policy asks for; of the domain itself even when it cannot be asked."""
    found = own(policy, dkim, spf)
    assert isinstance(found, Evidence)
    assert (found.source, found.assurance, found.aligned) == (Source.OWN, Assurance.DOMAIN, True)
    assert found.dmarc == Result(word, "rossi.example")


NO_PROOFS = [
    (REJECT, [], None, "fail"),
    (REJECT, [("fail", "rossi.example")], ("softfail", "rossi.example"), "fail"),
    (REJECT, [("permerror", "rossi.example")], ("neutral", "rossi.example"), "fail"),
    (REJECT, [("policy", "rossi.example")], None, "fail"),
    (REJECT, [("pass", "attack.example"), ("pass", "example")], ("pass", "attack.example"), "fail"),
    (REJECT, [("pass", "")], ("pass", "not a domain"), "fail"),
    (STRICT, [("pass", "mail.rossi.example")], ("pass", "mail.rossi.example"), "fail"),
    (MONITOR, [], None, "fail"),
    (NoPolicy(), [], None, "none"),
    (NoPolicy(), [("pass", "mail.rossi.example")], None, "none"),
    (BROKEN, [], None, "permerror"),
    # what could not be asked would have changed nothing
    (SILENT, [("pass", "attack.example")], ("pass", "attack.example"), "temperror"),
    (SILENT, [("pass", "example")], None, "temperror"),
    (REJECT, [("temperror", "attack.example")], ("temperror", "attack.example"), "fail"),
    (STRICT, [("temperror", "mail.rossi.example")], None, "fail"),
]


@pytest.mark.parametrize(("policy", "dkim", "spf", "word"), NO_PROOFS)
def test_nothing_else_is_proof(policy, dkim, spf, word: str) -> None:
    """Rules 6 and 7: no policy is no pass, and a stranger's pass is no pass of the author's."""
    found = own(policy, dkim, spf)
    assert isinstance(found, Evidence)
    assert (found.source, found.assurance, found.aligned) == (Source.OWN, Assurance.NONE, False)
    assert found.dmarc == Result(word, "rossi.example")
    assert "wanted: dkim=pass with d=rossi.example" in found.detail


UNDECIDED = [
    (REJECT, [("temperror", "rossi.example")], None),
    (REJECT, [("temperror", "mail.rossi.example"), ("fail", "rossi.example")], None),
    (REJECT, [], ("temperror", "rossi.example")),
    (SILENT, [("pass", "mail.rossi.example")], None),
    (SILENT, [("temperror", "mail.rossi.example")], None),
    (NoPolicy(), [("temperror", "rossi.example")], None),
]


@pytest.mark.parametrize(("policy", "dkim", "spf"), UNDECIDED)
def test_what_is_needed_and_could_not_be_asked_leaves_it_undecided(policy, dkim, spf) -> None:
    """I9: the answer may still make it a proof."""
    found = own(policy, dkim, spf)
    assert isinstance(found, Undecided)
    assert found.evidence.dmarc == Result("temperror", "rossi.example")
    assert not found.evidence.aligned


def test_everything_found_is_carried_along() -> None:
    """The record shows all results, not only the one that decided."""
    found = own(REJECT, [("fail", "other.example", "k0"), ("pass", "rossi.example", "k1")], ("none", "b.example"))
    assert isinstance(found, Evidence)
    assert found.spf == Result("none", "b.example")
    assert found.dkim == (Result("fail", "other.example", "k0"), Result("pass", "rossi.example", "k1"))
    assert found.detail == (
        "our own check: dkim=pass for rossi.example, which is the author's domain; DMARC record at rossi.example: "
        "p=reject"
    )


def test_the_detail_says_why_a_signature_did_not_help() -> None:
    """Support staff can tell the customer what to mend; what concerns the author comes first."""
    found = own(REJECT, [("pass", "bulk.example"), ("fail", "rossi.example", "k1", "the body was changed")])
    assert isinstance(found, Evidence)
    assert "found: dkim=fail (the body was changed) for rossi.example" in found.detail
    assert "dkim=pass for bulk.example, which is another domain" in found.detail


def test_the_detail_is_bounded_and_printable() -> None:
    """Rule 16: parts of it are a stranger's words."""
    found = own(REJECT, [("fail", "rossi.example", "k\x1b[31m" * 99, "\x1b" * 999)] * 99)
    assert isinstance(found, Evidence)
    assert len(found.detail) <= DETAIL
    assert found.detail.isprintable()
    assert all(one.selector.isprintable() and len(one.selector) <= DETAIL for one in found.dkim)


# The border's word and ours

DOMAIN = "rossi.example"
SILENCE = Evidence(detail="no Authentication-Results field")
PASSED = Evidence(Source.HEADER, Assurance.DOMAIN, dmarc=Result("pass", DOMAIN), detail="mx says dmarc=pass")
OWN_PASS = own(REJECT, [("pass", DOMAIN, "k1")])
OWN_BROKEN = own(REJECT, [("fail", DOMAIN, "k1")])
OWN_BARE = own(REJECT)
OWN_UNDECIDED = own(REJECT, [("temperror", DOMAIN)])


def says(dmarc: str | None, *dkim: tuple[str, str], domain: str = DOMAIN, spf: str = "") -> Evidence:
    """A trusted field that is no proof."""
    return Evidence(
        source=Source.HEADER,
        spf=Result(spf, domain) if spf else None,
        dkim=tuple(Result(*one) for one in dkim),
        dmarc=Result(dmarc, domain) if dmarc else None,
        detail=f"mx says dmarc={dmarc}",
    )


@pytest.mark.parametrize("ours", [OWN_PASS, OWN_BROKEN, OWN_BARE, OWN_UNDECIDED])
def test_without_a_trusted_field_our_own_check_decides(ours: Evidence | Undecided) -> None:
    """Interfaces: and what we needed and could not ask defers (I9)."""
    found = combine(SILENCE, ours)
    known, wanted = (one.evidence if isinstance(one, Undecided) else one for one in (found, ours))
    assert type(found) is type(ours)
    assert replace(known, detail="") == replace(wanted, detail="")
    assert known.aligned or SILENCE.detail in known.detail


@pytest.mark.parametrize("header", [SILENCE, PASSED, says("fail"), says("temperror"), says("none")])
def test_without_a_check_of_our_own_the_border_decides(header: Evidence) -> None:
    """Our checks may be off; then a temperror is not aligned either."""
    assert combine(header, None) == header


@pytest.mark.parametrize("ours", [OWN_PASS, OWN_BARE, OWN_UNDECIDED, own(REJECT, [("fail", "list.example")])])
def test_the_borders_pass_stands_beside_anything_but_a_broken_signature(ours: Evidence | Undecided) -> None:
    """It may rest on SPF, which is seen at the edge only; what is not needed does not defer."""
    assert combine(PASSED, ours) == PASSED


@pytest.mark.parametrize(
    "ours",
    [
        OWN_BROKEN,
        own(REJECT, [("fail", "mail.rossi.example")]),
        own(REJECT, [], ("fail", DOMAIN)),
        own(SILENT, [("fail", DOMAIN)]),
        own(NoPolicy(), [("fail", DOMAIN), ("pass", "attack.example")]),
    ],
)
def test_a_conflict_with_our_own_check_is_failure(ours: Evidence) -> None:
    """Architecture, trust in a sender: what should vouch is there, and is broken."""
    found = combine(PASSED, ours)
    assert isinstance(found, Evidence)
    assert not found.aligned
    assert "mx says dmarc=pass, which our own check contradicts" in found.detail


def test_a_border_that_saw_the_same_signature_fail_and_passed_by_spf_is_no_conflict() -> None:
    """Both saw the same; SPF is the border's to see."""
    agreed = replace(PASSED, spf=Result("pass", DOMAIN), dkim=(Result("fail", DOMAIN),))
    assert combine(agreed, OWN_BROKEN) == agreed


@pytest.mark.parametrize(
    "header",
    [
        replace(PASSED, dkim=(Result("fail", DOMAIN),)),
        replace(PASSED, spf=Result("pass", DOMAIN), dkim=(Result("pass", DOMAIN),)),
        replace(PASSED, spf=Result("pass", DOMAIN), dkim=(Result("fail", "list.example"),)),
        replace(PASSED, spf=Result("pass", DOMAIN)),
    ],
)
def test_spf_does_not_excuse_a_failure_that_the_border_did_not_see(header: Evidence) -> None:
    """What it judged is not what we have."""
    found = combine(header, OWN_BROKEN)
    assert isinstance(found, Evidence)
    assert not found.aligned


@pytest.mark.parametrize(
    "header",
    [
        says("none"),
        says("bestguesspass"),
        says("temperror"),
        says("permerror"),
        says("pass", domain=""),
        says(None),
        says(None, ("temperror", DOMAIN)),
        says("none", ("fail", "list.example")),
        says("none", ("fail", DOMAIN), ("pass", DOMAIN)),
    ],
)
def test_where_the_border_has_not_said_no_our_own_check_decides(header: Evidence) -> None:
    """Interfaces: temperror above all; and no policy, no readable result, or a result for nobody."""
    assert combine(header, OWN_PASS) == OWN_PASS
    held = combine(header, OWN_BARE)
    assert isinstance(held, Evidence)
    assert not held.aligned
    assert header.detail in held.detail


@pytest.mark.parametrize(
    "header",
    [
        says("fail"),
        says("quarantine"),
        says("pass", domain="attack.example"),
        says("none", domain="attack.example"),
        says("none", ("fail", DOMAIN)),
        says(None, ("fail", DOMAIN), ("pass", "attack.example")),
        says("fail", ("pass", DOMAIN)),
    ],
)
@pytest.mark.parametrize("ours", [OWN_PASS, OWN_BARE, OWN_UNDECIDED])
def test_where_the_border_has_said_no_it_stays_no(header: Evidence, ours: Evidence | Undecided) -> None:
    """Conflict is failure in this direction too; a border that looked at another author has said no (rule 4)."""
    assert combine(header, ours) == header


@pytest.mark.parametrize(
    "header", [says("temperror"), says("none", ("temperror", DOMAIN)), says("none", spf="temperror")]
)
def test_the_borders_temperror_with_our_own_is_held_and_not_deferred(header: Evidence) -> None:
    """Interfaces: the same field would come back on retry."""
    found = combine(header, OWN_UNDECIDED)
    assert isinstance(found, Evidence)
    assert (found.source, found.aligned) == (Source.HEADER, False)


@pytest.mark.parametrize("header", [says("none"), says(None), says("permerror")])
def test_a_border_that_leaves_it_to_us_defers_when_we_cannot_ask(header: Evidence) -> None:
    """I9: our own resolver failing on what is needed."""
    assert isinstance(combine(header, OWN_UNDECIDED), Undecided)


# Assurance (threats rule 8)

PROVED = Evidence(Source.OWN, Assurance.DOMAIN)


@pytest.mark.parametrize(
    "domain", ["gmail.com", "googlemail.com", "libero.it", "yahoo.co.uk", "outlook.it", "live.com", "pec.it", "gmx.de"]
)
def test_an_author_at_a_shared_provider_has_domain_only_assurance(domain: str) -> None:
    """Proof of the provider is little proof of the mailbox, and proof it stays."""
    found = graded(PROVED, domain)
    assert found.assurance is Assurance.DOMAIN_ONLY
    assert found.assurance.value == "domain-only"
    assert found.aligned


@pytest.mark.parametrize("domain", ["rossi.example", "mail.gmail.com", "gmail.com.attack.example", "outlook.rossi.it"])
def test_other_domains_keep_their_assurance(domain: str) -> None:
    """Whole domains are compared."""
    assert graded(PROVED, domain) == PROVED


def test_operators_name_shared_domains_of_their_own() -> None:
    """The list cannot have them all."""
    assert graded(PROVED, "hosting.example", frozenset({"hosting.example"})).assurance is Assurance.DOMAIN_ONLY
    assert graded(PROVED, "gmail.com", frozenset({"hosting.example"})).assurance is Assurance.DOMAIN_ONLY


def test_no_proof_is_not_raised_to_a_little() -> None:
    """Grading only ever takes away."""
    assert not graded(Evidence(), "gmail.com").aligned


def test_the_list_of_providers_is_of_domains_as_they_are_compared() -> None:
    """An entry with a capital or a blank would never match."""
    assert all(Address.parse(f"a@{domain}").domain == domain for domain in SHARED)
