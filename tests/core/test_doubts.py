"""Doubts: a rule that loads and cannot do what was meant by it is told, and no other."""

from __future__ import annotations

import pytest

from gateway.core.doubts import doubts
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA
from gateway.core.policy import TELLING, Choice, Policy
from gateway.core.reason import Disposition
from gateway.core.rule import Filing, Postponement, Refusal, Rule

REJECT, HOLD, DEFER, FILE = Refusal(Disposition.REJECT), Refusal(Disposition.QUARANTINE), Postponement(), Filing()
ALL_REJECTED = {reason: Choice(Disposition.REJECT, "own.yaml:1") for reason in TELLING}


def found(*rules, edge=False, choices=None):
    made = [
        Rule(f"r{at}", "own.yaml:1", compile_condition(when, SCHEMA), stop) for at, (when, stop) in enumerate(rules)
    ]
    return list(doubts(Policy(choices or {}, rules=tuple(made)), edge=edge))


def test_rules_behind_one_that_always_stops_are_never_tried():
    (one, two) = found(("size > 1", HOLD), ("true", HOLD), ("size > 2", None), ("size > 3", REJECT))
    assert one == "own.yaml:1 r2 is never tried: own.yaml:1 r1 always stops"
    assert two.startswith("own.yaml:1 r3 ")


@pytest.mark.parametrize("first", [("true", None), ("true", FILE), ("size > 1", HOLD)])
def test_what_does_not_always_stop_is_no_end(first):
    """A route goes on, a stranger's question is no customer's, and a condition may not hold."""
    assert found(first, ("size > 2", HOLD)) == []


@pytest.mark.parametrize(
    ("when", "number"),
    [
        ("size > 1", 1),
        ('attachments.exists(a, a.extension == "exe") && author.domain == "x.example"', 1),
        ("rates.author > 5", 0),
        ('scan == "not-scanned"', 0),
        ("time.hour < 8 && size > 1", 0),
        ('evidence.dmarc == "temperror"', 0),
    ],
)
def test_to_defer_is_for_what_changes(when, number):
    """The same mail comes again, for days."""
    assert len(found((when, DEFER))) == number


@pytest.mark.parametrize(
    ("when", "stop", "number"),
    [
        ('reason == "unregistered"', REJECT, 1),
        ('reason == "unregistered" && scan == ""', DEFER, 1),
        ('account.code == ""', REJECT, 1),
        ("services.exists(s, !s.own)", REJECT, 1),
        ("ticket.own", DEFER, 1),
        ('reason == "unregistered"', HOLD, 0),
        ('reason == "unregistered"', FILE, 0),
        ('reason == "bulk"', REJECT, 0),
        ("size > 1000", REJECT, 0),
        (" || ".join(f'reason == "{one}"' for one in TELLING), REJECT, 0),
        ('account.code == ""', None, 0),
    ],
)
def test_what_is_heard_at_the_edge_is_not_to_tell_who_is_registered(when, stop, number):
    """I10: 550 or 451 for some, while others who differ in nothing else are held with a 250."""
    assert len(found((when, stop), edge=True)) == number
    assert found((when, stop), edge=False) == []


def test_where_all_are_rejected_it_is_the_held_one_that_is_heard():
    assert found(('reason == "unregistered"', REJECT), edge=True, choices=ALL_REJECTED) == []
    assert len(found(('reason == "unregistered"', HOLD), edge=True, choices=ALL_REJECTED)) == 1
