"""The shipped sets: their own cases pass, reach every rule, and notice when a rule is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.config import shipped
from gateway.config.cases import load_cases
from gateway.config.policies import load_policies, oracle_warnings
from gateway.core.account import Language
from gateway.core.doubts import doubts
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA
from gateway.core.policy import SETTABLE
from gateway.core.trial import never_matched, tried_out
from gateway.egress.wording import Templates

SETS = {name: shipped(name) for name in ("policies", "policies/strict", "policies/lenient")}
RULES = [(name, rule.name) for name, path in SETS.items() for rule in load_policies(path).rules]


@pytest.fixture(params=SETS, ids=str)
def directory(request):
    return SETS[request.param]


def test_every_case_passes_and_every_rule_is_reached(directory):
    policy = load_policies(directory)
    results = tried_out(policy, load_cases(directory))
    assert [(one.trial.name, one.differences) for one in results if one.differences] == []
    assert never_matched(policy, results) == ()


@pytest.mark.parametrize(("name", "rule"), RULES)
@pytest.mark.parametrize("mutation", ["dropped", "always", "nothing"])
def test_a_mutated_rule_fails_a_case(name, rule, mutation):
    """Dropped, held of everything, or doing nothing: some case of the set sees it."""
    policy = load_policies(SETS[name])
    always = compile_condition("true", SCHEMA)
    mutants = {
        "dropped": lambda one: [],
        "always": lambda one: [replace(one, condition=always)],
        "nothing": lambda one: [type(one)(one.name, one.where, one.condition)],
    }
    rules = [new for one in policy.rules for new in (mutants[mutation](one) if one.name == rule else [one])]
    results = tried_out(replace(policy, rules=tuple(rules)), load_cases(SETS[name]))
    assert any(one.differences for one in results)


def test_no_set_is_an_oracle_and_each_speaks_of_every_reason(directory):
    policy = load_policies(directory)
    assert set(policy.choices) == SETTABLE
    assert [*oracle_warnings(policy, edge=True), *doubts(policy, edge=True)] == []


def test_what_a_set_answers_with_is_shipped_in_both_languages(directory):
    templates = Templates.load(None, Language, load_policies(directory).answers)
    assert templates
