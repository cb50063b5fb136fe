"""A candidate set beside the ruling one: it counts what it would have made of mail, and mail does not notice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.core.policy import Choice, Policy
from gateway.core.reason import Disposition, Reason
from gateway.ops.shadow import Shadow
from house import NOW, UNLIMITED, letter, page

DISCARDING = Policy({Reason.UNREGISTERED: Choice(Disposition.DISCARD, "own.yaml:3")}, digest="d" * 64, limits=UNLIMITED)


@pytest.fixture
def shadowed(gateway):
    """A gateway with a shadow that discards what strangers write."""
    shadow = Shadow(DISCARDING, NOW, gateway.meters.comparisons)
    return replace(gateway, receiver=replace(gateway.receiver, shadow=shadow)), shadow


async def test_differences_are_counted_and_told_in_a_line_each(shadowed):
    """By what was and what would be; the metric and the words of `gateway status` agree."""
    gateway, shadow = shadowed
    with capture_logs() as lines:
        await gateway.receive(letter())
        receipt = await gateway.receive(letter("eve@attack.example"))
    [line] = [one for one in lines if one["event"] == "policy.diverges"]
    assert (line["id"], line["was"], line["would"], line["rule"]) == (
        receipt.id,
        "quarantine",
        "discard",
        "own.yaml:3 unregistered",
    )
    text = page(gateway.meters)
    assert "gateway_policy_compared_total 2.0" in text
    assert 'gateway_policy_divergence_total{was="quarantine",would="discard"} 1.0' in text
    assert str(shadow).startswith("dddddddddddd: 1 of 2 messages would end otherwise since 2026-11-22T12:00:00")


async def test_mail_ends_as_the_ruling_set_says(shadowed):
    gateway, _ = shadowed
    receipt = await gateway.receive(letter("eve@attack.example"))
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["rule"]) == ("quarantine", "default.yaml:9 unregistered")


async def test_a_repetition_is_compared_once_and_what_failed_never(shadowed):
    """No policy rules either; what could not be read has its disposition by its reason."""
    gateway, shadow = shadowed
    for raw in (letter(), letter(), b"Subject: no author\r\n\r\n"):
        await gateway.receive(raw)
    assert (shadow.messages, shadow.differ) == (2, 1)
    assert dict(gateway.meters.comparisons) == {("accept", "accept"): 1, ("reject", "quarantine"): 1}
