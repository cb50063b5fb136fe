"""Policy over what the evidence is worth (threats rule 8): proof of a shared provider may be held, and released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.case import Override
from gateway.core.evidence import Assurance
from gateway.core.reason import Reason
from house import letter


def wary(gateway):
    """The gateway whose policy says `least_assurance: domain`, where rossi.example is a shared provider."""
    told = gateway.house
    rules = replace(
        told,
        policy=replace(told.policy, least_assurance=Assurance.DOMAIN),
        shared_domains=frozenset({"rossi.example"}),
    )
    return gateway.examining(house=rules)


@pytest.mark.parametrize(
    ("raw", "disposition", "reason"),
    [
        (letter(), "quarantine", "policy"),
        (letter("nobody@rossi.example"), "quarantine", "policy"),
        (letter(dmarc="fail"), "quarantine", "unauthenticated"),
        (letter("john@smith.example"), "accept", "registered"),
    ],
)
async def test_proof_of_a_shared_provider_may_be_too_little(gateway, raw, disposition, reason):
    """Registered or not makes no difference (I10); what is not proved at all is `unauthenticated` still."""
    receipt = await wary(gateway).receive(raw)
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"]) == (disposition, reason)


async def test_the_record_says_what_was_too_little(gateway):
    """For staff, who may release it."""
    receipt = await wary(gateway).receive(letter())
    assert receipt.verdict.detail.startswith("least_assurance is domain, and this is proof of a shared provider only")
    assert receipt.verdict.rule.startswith("default.yaml:")
    assert receipt.verdict.rule.endswith(" policy")


async def test_by_itself_it_is_enough(gateway):
    """Most customers write from one; R4 protects the answers."""
    told = replace(gateway.house, shared_domains=frozenset({"rossi.example"}))
    receipt = await gateway.examining(house=told).receive(letter())
    assert gateway.message(receipt.id)["evidence"]["assurance"] == "domain-only"
    assert receipt.ticket


async def test_an_operator_may_take_it_on(gateway):
    """A release waives `policy`, and nothing else."""
    known, unknown = [
        await wary(gateway).receiver.examine(gateway.arrival(raw), Override("anna", frozenset({Reason.POLICY})))
        for raw in (letter(), letter("nobody@rossi.example"))
    ]
    assert known.verdict.reason is Reason.REGISTERED
    assert unknown.verdict.reason is Reason.UNREGISTERED
