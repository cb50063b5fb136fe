"""Floods: what becomes of a message when too many came before. Only worse, and no different to strangers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.account import Account, Language, Sender, Standing
from gateway.core.address import Address
from gateway.core.arrival import Arrival
from gateway.core.case import Case
from gateway.core.counting import counters
from gateway.core.decide import decide
from gateway.core.evidence import Assurance, Evidence
from gateway.core.flood import counting, ignored, otherwise
from gateway.core.parse import parse
from gateway.core.policy import CHOICES, Choice, Policy
from gateway.core.rates import Bound, RateLimits, Rates
from gateway.core.reason import Disposition, Reason
from house import BEHIND, NOW, letter

ROSSI = Account(1, "ROSSI-001", "Rossi", Language.IT, Standing.ACTIVE, Address.parse("info@rossi.example"))
LIMITS = RateLimits(per_author=Bound(10, 20, "own.yaml:7"), unproved_per_domain=Bound(10, 20, "own.yaml:9"))


def verdict_on(one, rules):
    return decide(one, rules).verdict


def case(raw=None, *, accounts=(ROSSI,), assurance=Assurance.DOMAIN, rates=None):
    message = parse(raw or letter())
    sender = Sender(Address.parse("tecnico@rossi.example"), accounts)
    one = Case(Arrival("A", b"", None, BEHIND, NOW), message, sender, Evidence(assurance=assurance))
    return replace(one, counted=counters(one), rates=rates or Rates())


def policy(**ways):
    choices = {Reason(key.replace("_", "-")): Choice(Disposition(way), "own.yaml:3") for key, way in ways.items()}
    return Policy(choices, limits=LIMITS)


@pytest.mark.parametrize(
    ("before", "wanted"), [(0, "accept"), (9, "accept"), (10, "quarantine"), (19, "quarantine"), (20, "discard")]
)
def test_a_customers_flood_is_first_held_then_ignored(before, wanted):
    """The tenth before it is the first that is one too many; who decided is the line of the limit or of the reason."""
    verdict = verdict_on(case(rates=Rates(author=before)), policy())
    assert verdict.disposition == wanted
    assert verdict.reason == ("registered" if wanted == "accept" else "rate-limit")
    assert verdict.rule == {"accept": "authorize", "quarantine": "default", "discard": "own.yaml:7 per_author"}[wanted]


def test_the_detail_says_which_limit_and_what_it_would_have_been():
    detail = verdict_on(case(rates=Rates(author=10)), policy()).detail
    assert detail.startswith(
        "11 of rossi.example within an hour; per_author.hold is 10; otherwise accept (registered): "
    )


@pytest.mark.parametrize("way", sorted(CHOICES))
def test_the_policy_says_how_a_customers_flood_is_held(way):
    verdict = verdict_on(case(rates=Rates(author=10)), policy(rate_limit=way))
    assert (verdict.disposition, verdict.rule) == (way, "own.yaml:3 rate-limit")
    assert not (way == "discard" and verdict.flood.over[0].ignored)


@pytest.mark.parametrize("way", sorted(CHOICES))
def test_a_strangers_flood_is_held_whatever_is_done_with_a_customers(way):
    """I10: at the edge what was held goes on to be answered with 250, and nobody hears that a limit was reached."""
    unproved = {"accounts": (), "assurance": Assurance.NONE}
    held = verdict_on(case(**unproved, rates=Rates(domain=10)), policy(rate_limit=way))
    assert (held.disposition, held.reason, held.rule) == ("quarantine", "rate-limit", "own.yaml:9 unproved_per_domain")
    beyond = verdict_on(case(**unproved, rates=Rates(domain=20)), policy(rate_limit=way))
    assert (beyond.disposition, beyond.reason) == ("discard", "rate-limit")


@pytest.mark.parametrize("way", ["reject", "discard"])
@pytest.mark.parametrize("before", [10, 20])
def test_what_is_refused_anyway_stays_refused(way, before):
    """A refusal is never made a 250, nor a rejection a message that somebody has to look at."""
    flooding = case(accounts=(), assurance=Assurance.NONE, rates=Rates(domain=before))
    verdict = verdict_on(flooding, policy(unauthenticated=way))
    assert (verdict.disposition, verdict.reason) == (way, "unauthenticated")
    assert verdict.flood.over[0].counter.limit == "unproved_per_domain"


def test_what_parsing_gave_up_on_is_failed_however_many_came():
    failed = parse(b"\0" * 10)
    one = Case(Arrival("A", b"", None, BEHIND, NOW), replace(failed, failed=True), rates=Rates(ingress=10**6))
    assert verdict_on(replace(one, counted=counters(one)), policy()).disposition is Disposition.FAILED


@pytest.mark.parametrize("field", ["domain", "ingress", "peer"])
def test_a_customer_is_held_for_nothing_that_others_send(field):
    """However many came of their domain or by their ingress."""
    assert verdict_on(case(rates=Rates(**{field: 10**9})), policy()).disposition is Disposition.ACCEPT


def test_of_several_bounds_one_that_ignores_comes_first():
    verdict = verdict_on(case(rates=Rates(author=15, account=3_000)), policy())
    assert [one.counter.limit for one in verdict.flood.over] == ["per_account", "per_author"]
    assert verdict.disposition is Disposition.DISCARD


def test_what_is_ignored_counts_only_where_it_is_over():
    """So a flood of one author fills nothing that it shares with others."""
    flooding = case(rates=Rates(author=20))
    assert [one.name for one in counting(flooding, verdict_on(flooding, policy()))] == ["author"]
    held = case(rates=Rates(author=19))
    assert counting(held, verdict_on(held, policy())) == held.counted


def test_ignored_is_what_nobody_sees():
    """By the second bound, or because the policy discards from the first on."""
    assert ignored(verdict_on(case(rates=Rates(author=20)), policy()))
    assert ignored(verdict_on(case(rates=Rates(author=10)), policy(rate_limit="discard")))
    assert not ignored(verdict_on(case(rates=Rates(author=10)), policy()))


def test_a_verdict_without_a_flood_is_what_it_would_have_been():
    accepted = verdict_on(case(), policy())
    assert otherwise(accepted) == accepted
    assert otherwise(verdict_on(case(rates=Rates(author=20)), policy())) == accepted
