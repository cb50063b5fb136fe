"""Rulings: rules in order, the first that stops decides, and what cannot be evaluated is held."""

from __future__ import annotations

import pytest

from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA, Facts
from gateway.core.policy import Choice, Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.rule import Filing, Hold, Postponement, Priority, Refusal, Route, Rule
from gateway.core.ruling import rule, tried

REJECT = Refusal(Disposition.REJECT)
HOLD = Refusal(Disposition.QUARANTINE, Hold(audience="security"))


def a_rule(name, when, stop=None, route=None, answer=""):
    return Rule(name, "own.yaml:1", compile_condition(when, SCHEMA), stop, route or Route(), answer)


def ruled(*rules, reason=Reason.REGISTERED, taken_on=False, **facts):
    choices = {Reason.UNREGISTERED: Choice(Disposition.DISCARD, "own.yaml:9")}
    return rule(Policy(choices, rules=rules), Facts(reason=reason.value, **facts), taken_on=taken_on)


def test_the_first_that_stops_decides():
    ruling = ruled(
        a_rule("no", "size > 9", REJECT), a_rule("yes", "size > 1", HOLD), a_rule("late", "true", REJECT), size=5
    )
    assert (ruling.disposition, ruling.reason) == (Disposition.QUARANTINE, Reason.POLICY)
    assert (ruling.rule, ruling.hold.audience, ruling.by_rule) == ("own.yaml:1 yes", "security", True)
    assert ruling.matched == ("own.yaml:1 yes",)


def test_routes_complete_each_other_and_the_first_word_stands():
    ruling = ruled(
        a_rule("one", "true", route=Route(queue="administrative", tags=("a",))),
        a_rule("two", "true", route=Route("technical", "Anna", ("a", "b"), Priority.HIGH), answer="x"),
        a_rule("three", "true", answer="y"),
    )
    assert ruling.disposition is Disposition.ACCEPT
    assert ruling.route == Route("administrative", "Anna", ("a", "b"), Priority.HIGH)
    assert ruling.answer == "x"


def test_an_objection_keeps_its_reason_whatever_the_rule():
    """A rule says how it is acted on, not what it was."""
    ruling = ruled(a_rule("r", "reason == 'unregistered'", REJECT), reason=Reason.UNREGISTERED)
    assert (ruling.disposition, ruling.reason) == (Disposition.REJECT, Reason.UNREGISTERED)


def test_what_no_rule_stops_has_its_reasons_choice_or_is_held():
    assert ruled(reason=Reason.UNREGISTERED).disposition is Disposition.DISCARD
    held = ruled(reason=Reason.BULK)
    assert (held.disposition, held.rule, held.by_rule) == (Disposition.QUARANTINE, "default", False)


def test_an_objection_is_neither_answered_nor_routed():
    """Nothing goes out to anybody for what was not let in (R2, I5)."""
    ruling = ruled(a_rule("r", "true", route=Route(queue="technical"), answer="x"), reason=Reason.UNAUTHENTICATED)
    assert (ruling.disposition, ruling.route, ruling.answer) == (Disposition.QUARANTINE, Route(), "")


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.UNREGISTERED, Reason.ENQUIRY}))
def test_only_strangers_questions_are_filed(reason):
    """A customer's mail has its own ticket, and of all else nothing is filed."""
    ruling = ruled(a_rule("r", "true", Filing()), reason=reason)
    assert ruling.reason is not Reason.ENQUIRY
    assert ruling.matched == ()


def test_a_strangers_question_is_filed_as_an_enquiry():
    ruling = ruled(a_rule("r", "true", Filing(), Route(tags=("a",))), reason=Reason.UNREGISTERED)
    assert (ruling.disposition, ruling.reason, ruling.route.tags) == (Disposition.ACCEPT, Reason.ENQUIRY, ("a",))


def test_a_postponed_message_has_no_disposition():
    assert ruled(a_rule("r", "true", Postponement())).disposition is None


def test_an_operator_takes_on_what_rules_object_to_and_no_more():
    """A released message is still routed and answered."""
    rules = (a_rule("stop", "true", REJECT), a_rule("tell", "true", route=Route(tags=("a",)), answer="x"))
    ruling = ruled(*rules, taken_on=True)
    assert (ruling.disposition, ruling.answer, ruling.route.tags) == (Disposition.ACCEPT, "x", ("a",))


class Odd(Facts):
    """Facts whose values are not of their types, as no version of ours wrote them."""

    def values(self):
        return {"size": None}


def test_a_rule_that_cannot_be_evaluated_holds_the_message():
    """Fails closed, and says which and why."""
    policy = Policy(rules=(a_rule("broken", "size > 1", REJECT),))
    ruling = rule(policy, Odd(reason="registered"))
    assert (ruling.disposition, ruling.reason, ruling.rule) == (
        Disposition.QUARANTINE,
        Reason.POLICY,
        "own.yaml:1 broken",
    )
    assert "could not be evaluated" in ruling.detail
    assert tried(policy.rules, Odd(reason="registered"))[0].read[0][0] == "could not be evaluated"


def test_every_rule_tried_is_told_with_what_it_read():
    """Up to the one that stopped."""
    rules = (
        a_rule("no", "size > 9", REJECT),
        a_rule("yes", "author.domain == 'x.example'", REJECT),
        a_rule("late", "true"),
    )
    told = tried(rules, Facts.from_record({"reason": "registered", "size": 5, "author": {"domain": "x.example"}}))
    assert [(one.rule.name, one.held) for one in told] == [("no", False), ("yes", True)]
    assert told[0].read == (("size", "5"),)
    assert told[1].read == (("author.domain", "'x.example'"),)
