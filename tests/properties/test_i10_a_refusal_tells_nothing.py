"""I10: a refusal tells a stranger nothing: whatever the accounts hold, words and work are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.config.policies import oracle_warnings
from gateway.core.arrival import Origin, Position
from gateway.core.policy import TELLING, Choice, Policy
from gateway.core.reason import Disposition
from gateway.core.reference import make_reference, tag
from gateway.ingress.site import answer
from house import TRUSTED, letter
from statements import watched

EDGE = Origin("edge", Position.EDGE, "192.0.2.1", frozenset({TRUSTED}))
REJECTING = Policy({reason: Choice(Disposition.REJECT, "test.yaml:1") for reason in TELLING})
# What a stranger could want to tell apart: who is registered, suspended, on two accounts, or holds a ticket or domain.
PROBES = {
    "unregistered": letter("eve@attack.example"),
    "unregistered, unproved": letter("eve@attack.example", dmarc="fail"),
    "registered, unproved": letter("tecnico@rossi.example", dmarc="fail"),
    "suspended": letter("posta@verdi.example"),
    "ambiguous": letter("ufficio@studio.example"),
    "service of another": letter("john@smith.example", subject="rossi.example"),
    "look-alike": letter("tecnico@rosssi.example"),
    "look-alike by its display name": letter('"tecnico@rossi.example" <john@smith.example>', domain="smith.example"),
    "no such ticket": letter("john@smith.example", subject=tag(make_reference(2**40))),
}


async def test_i10_every_refusal_is_answered_with_the_same_bytes(gateway):
    """Rejected at the edge: one reply text, whatever the reason."""
    rejecting = gateway.ruled(REJECTING)
    first = await gateway.receive(letter())
    probes = {**PROBES, "ticket of another": letter("john@smith.example", subject=tag(first.ticket))}
    answers, reasons = set(), set()
    for raw in probes.values():
        receipt = await rejecting.receive(raw, origin=EDGE)
        answers.add(answer(receipt, Position.EDGE).octets)
        reasons.add(gateway.message(receipt.id)["reason"])
    assert len(answers) == 1
    assert answers.pop().startswith(b"550-5.7.1 ")
    assert reasons == {reason.value for reason in TELLING}


@pytest.mark.parametrize(
    ("dmarc", "authors"),
    [
        ("fail", ("tecnico@rossi.example", "nobody@rossi.example", "posta@verdi.example", "ufficio@studio.example")),
        ("pass", ("nobody@rosso.example", "nobody@rossi.example", "nobody@verdi.example", "eve@atacc.example")),
    ],
)
async def test_i10_a_stranger_causes_the_same_work_whoever_is_registered(gateway, dmarc, authors):
    """Equal statements on the database, in number and order: without evidence for registered and unknown authors.

    With evidence it is the same for strangers, whether or not they resemble somebody.
    """
    seen: dict[str, list[str]] = {}
    for author in authors:
        statements = seen.setdefault(author, [])

        asking = f"{tag(make_reference(2**40))} rossi.example"  # so that there is something to look up
        with watched(before=statements.append):
            await gateway.receive(letter(author, dmarc=dmarc, subject=asking, message_id=f"x@{author}"))
    first, *others = [[one for one in statements if "PRAGMA" not in one] for statements in seen.values()]
    assert len(first) > 7
    assert all(other == first for other in others)


async def test_i10_a_ticket_that_exists_causes_the_same_work_as_one_that_does_not(gateway):
    """Equal statements, and as many rows by each: that an attempt is kept for its staff is not felt by who made it."""
    there = (await gateway.receive(letter())).ticket
    seen: list[list[tuple[str, int]]] = []
    for reference in (there, make_reference(2**40)):
        statements: list[tuple[str, int]] = []

        def note(statement, rows, statements=statements):
            statements.append((statement, rows))

        raw = letter("john@smith.example", subject=tag(reference), message_id=f"{reference}@smith.example")
        with watched(after=note):
            await gateway.receive(raw)
        seen.append([one for one in statements if "PRAGMA" not in one[0]])
    assert len(seen[0]) > 7
    assert seen[0] == seen[1]


@pytest.mark.parametrize("evidence", ["fail", "none", ""])
async def test_i10_without_evidence_the_reason_does_not_depend_on_the_accounts(gateway, evidence):
    """Threats rule 1: evidence first, accounts second; so no policy can make an oracle of it."""
    for author in ("tecnico@rossi.example", "nobody@rossi.example", "posta@verdi.example", "ufficio@studio.example"):
        receipt = await gateway.receive(letter(author, dmarc=evidence))
        assert gateway.message(receipt.id)["reason"] == "unauthenticated"


@pytest.mark.parametrize("reason", sorted(TELLING))
def test_i10_a_policy_that_would_be_an_oracle_at_the_edge_is_warned_of(reason):
    """One reason told apart from the others by its disposition is enough; behind an MTA nobody hears it."""
    apart = replace(REJECTING, choices={**REJECTING.choices, reason: Choice(Disposition.QUARANTINE, "x:1")})
    [warning] = oracle_warnings(apart, edge=True)
    assert reason.value in warning
    assert oracle_warnings(apart, edge=False) == []


@pytest.mark.parametrize("policy", [REJECTING, Policy({})])
def test_i10_a_policy_that_treats_them_alike_is_not_warned_of(policy):
    assert oracle_warnings(policy, edge=True) == []
