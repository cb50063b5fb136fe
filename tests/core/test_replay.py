"""Replay: the keys of a policy that are no rules are tried on what is kept, both ways."""

from __future__ import annotations

import pytest

from gateway.core.evidence import Assurance
from gateway.core.facts import Facts
from gateway.core.limits import AttachmentLimits
from gateway.core.particulars import AttachmentFacts, EvidenceFacts, StationFacts
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.replay import replay

SHARED = EvidenceFacts(assurance="domain-only")
HELD, IN = Disposition.QUARANTINE, Disposition.ACCEPT


def replayed(policy, was, **known):
    ruling = replay(policy, was, Facts(**known).record())
    return ruling.disposition, ruling.reason


@pytest.mark.parametrize(
    ("least", "then", "would"),
    [
        (Assurance.DOMAIN, "registered", (HELD, Reason.POLICY)),
        (Assurance.DOMAIN, "policy", (HELD, Reason.POLICY)),
        (Assurance.DOMAIN_ONLY, "policy", (IN, Reason.REGISTERED)),
        (Assurance.DOMAIN_ONLY, "registered", (IN, Reason.REGISTERED)),
    ],
)
def test_more_proof_is_wanted_or_no_longer(least, then, would):
    """Whatever the set of then wanted: what `authorize()` said is kept beside it."""
    known = {"reason": then, "evidence": SHARED, "stations": StationFacts(door="registered")}
    assert replayed(Policy(least_assurance=least), Reason(then), **known) == would


@pytest.mark.parametrize(
    ("count", "then", "would"), [(0, "registered", (HELD, Reason.POLICY)), (None, "policy", (IN, Reason.REGISTERED))]
)
def test_attachments_are_refused_or_no_longer(count, then, would):
    files = {"attachments": (AttachmentFacts("a.pdf"),), "attachment_count": 1}
    known = {"reason": then, "stations": StationFacts(door="registered"), **files}
    assert replayed(Policy(attachments=AttachmentLimits(count=count)), Reason(then), **known) == would


@pytest.mark.parametrize(
    ("fold", "folds", "would"),
    [
        (True, True, (IN, Reason.AUTO_RESPONSE)),
        (True, False, (HELD, Reason.AUTO_RESPONSE)),
        (False, True, (HELD, Reason.AUTO_RESPONSE)),
    ],
)
def test_programs_in_a_thread_are_folded_where_the_set_folds_and_the_thread_was_ours(fold, folds, would):
    known = {"reason": "auto-response", "stations": StationFacts(folds=folds)}
    assert replayed(Policy(fold=fold), Reason.AUTO_RESPONSE, **known) == would


def test_a_program_with_too_little_proof_is_not_folded():
    known = {"reason": "auto-response", "evidence": SHARED, "stations": StationFacts(folds=True)}
    policy = Policy(fold=True, least_assurance=Assurance.DOMAIN)
    assert replayed(policy, Reason.AUTO_RESPONSE, **known) == (HELD, Reason.AUTO_RESPONSE)


@pytest.mark.parametrize("kept", [None, {}, {"reason": "registered"}, [], "x"])
def test_where_too_little_is_kept_nothing_is_said(kept):
    """Never a guess: rows of before are counted as not replayed."""
    assert replay(Policy(), Reason.REGISTERED, kept) is None
