"""Rules in policy files: every mistake is one line with its place, and there is no word that grants."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.config import ConfigError
from gateway.config.cases import load_cases
from gateway.config.policies import load_policies
from gateway.core.reason import Disposition
from gateway.core.rule import Filing, Hold, Postponement, Priority, Refusal, Route

HEAD = "version: 1\nrules:\n"
RULE = HEAD + "  - name: one\n    when: size > 10\n    then: "


def rules_of(directory, text):
    (directory / "own.yaml").write_text(text)
    return load_policies(directory).rules


@pytest.mark.parametrize(
    ("then", "stop", "route", "answer"),
    [
        ("reject", Refusal(Disposition.REJECT), Route(), ""),
        ("{discard: true}", Refusal(Disposition.DISCARD), Route(), ""),
        ("quarantine", Refusal(Disposition.QUARANTINE), Route(), ""),
        (
            "{quarantine: {keep: 14d, for: security desk, confirm: true}}",
            Refusal(Disposition.QUARANTINE, Hold(timedelta(days=14), "security desk", confirm=True)),
            Route(),
            "",
        ),
        ("defer", Postponement(), Route(), ""),
        ("{enquiry: true, route: {tags: [a]}}", Filing(), Route(tags=("a",)), ""),
        (
            "{answer: panel-required, route: {queue: administrative, assignee: Anna, tags: [a, b-2], priority: high}}",
            None,
            Route("administrative", "Anna", ("a", "b-2"), Priority.HIGH),
            "panel-required",
        ),
    ],
)
def test_what_then_says(tmp_path, then, stop, route, answer):
    (rule,) = rules_of(tmp_path, RULE + then + "\n")
    assert (rule.stop, rule.route, rule.answer) == (stop, route, answer)
    assert rule.label == "own.yaml:3 one"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: 1", "2: rules: is no list of at most 200 rules"),
        ("rules:\n  - 1", "3: rules[0]: is not a mapping"),
        ("rules:\n  - {name: a, when: 'true'}", "3: rules[0].then: is missing"),
        ("rules:\n  - {name: a, wenn: 'true', then: reject}", "3: rules[0].wenn: unknown key; did you mean when?"),
        ("rules:\n  - {name: A b, when: 'true', then: reject}", "3: rules[0].name: is not one (A b)"),
        (
            "rules:\n  - {name: a, when: 'true', then: reject}\n  - {name: a, when: 'true', then: reject}",
            "4: rules[1].name: is also the name of a rule at own.yaml:3",
        ),
        ("rules:\n  - {name: a, when: 7, then: reject}", "3: rules[0].when: is no condition"),
        ("rules:\n  - {name: a, when: 'size', then: reject}", "3: rules[0].when: character 1: "),
        ("rules:\n  - {name: a, when: 'sise > 1', then: reject}", "did you mean size?"),
        ("rules:\n  - {name: a, when: 'size == \"1\"', then: reject}", "3: rules[0].when: character"),
        ("rules:\n  - {name: a, when: '(((', then: reject}", "3: rules[0].when: character"),
        (
            "rules:\n  - {name: a, when: 'evidence.assurance == \"domain_only\"', then: reject}",
            "3: rules[0].when: character 23: evidence.assurance is never domain_only; did you mean domain-only?",
        ),
        ("rules:\n  - {name: a, when: 'true', then: accept}", "3: rules[0].then.accept: accept: a policy can refuse"),
        ("rules:\n  - {name: a, when: 'true', then: {accept: true}}", "accept: a policy can refuse in many ways"),
        ("rules:\n  - {name: a, when: 'true', then: hold}", "3: rules[0].then.hold: unknown key"),
        ("rules:\n  - {name: a, when: 'true', then: {}}", "3: rules[0].then: says none or too much"),
        ("rules:\n  - {name: a, when: 'true', then: {reject: , discard: }}", "3: rules[0].then: says none or too much"),
        ("rules:\n  - {name: a, when: 'true', then: {reject: , answer: b}}", "3: rules[0].then: says none or too much"),
        ("rules:\n  - {name: a, when: 'true', then: {enquiry: , answer: b}}", "says none or too much"),
        ("rules:\n  - {name: a, when: 'true', then: {reject: {keep: 1d}}}", "3: rules[0].then.reject: takes nothing"),
        (
            "rules:\n  - {name: a, when: 'true', then: {quarantine: {keep: 9}}}",
            "quarantine.keep: is not a whole number",
        ),
        ("rules:\n  - {name: a, when: 'true', then: {quarantine: {confirm: 1}}}", "confirm: is neither true nor false"),
        ("rules:\n  - {name: a, when: 'true', then: {route: {}}}", "3: rules[0].then.route: is empty"),
        ("rules:\n  - {name: a, when: 'true', then: {route: {queue: sales}}}", "queue: is none of these (sales)"),
        ("rules:\n  - {name: a, when: 'true', then: {route: {to: eve@x.example}}}", "route.to: unknown key"),
        ("rules:\n  - {name: a, when: 'true', then: {route: {tags: x}}}", "tags: is no list of at most 20"),
        ("rules:\n  - {name: a, when: 'true', then: {route: {priority: max}}}", "priority: is none of these (max)"),
        ("rules:\n  - {name: a, when: 'true', then: {answer: ../../etc/passwd}}", "then.answer: is not one"),
        ("rules:\n  - {name: a, when: 'true', then: {answer: reply}}", "is a letter of its own kind (reply)"),
    ],
)
def test_a_bad_rule_is_refused_with_its_place(tmp_path, text, words):
    """File, line, key, what is wrong, what would be right; on one line."""
    with pytest.raises(ConfigError) as refusal:
        rules_of(tmp_path, f"version: 1\n{text}\n")
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"{tmp_path}/own.yaml:")
    assert "\n" not in str(refusal.value)


def test_rules_of_several_files_add_up_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b.yaml").write_text(HEAD + "  - {name: second, when: 'true', then: reject}\n")
    (tmp_path / "a.yaml").write_text(HEAD + "  - {name: first, when: 'true', then: discard}\n")
    assert [rule.label for rule in load_policies(tmp_path).rules] == ["a.yaml:3 first", "b.yaml:3 second"]


def test_the_number_of_rules_is_bounded_over_all_files(tmp_path):
    """Each costs its share of every message."""
    lines = "".join(f"  - {{name: r{number}, when: 'true', then: reject}}\n" for number in range(150))
    (tmp_path / "a.yaml").write_text(HEAD + lines)
    (tmp_path / "b.yaml").write_text(HEAD + lines.replace("name: r", "name: s"))
    with pytest.raises(ConfigError, match=r"b\.yaml:2: rules: is no list of at most 200 rules"):
        load_policies(tmp_path)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("1", "3: tests[0]: is not a mapping"),
        ("{facts: {}, expect: {disposition: accept}}", "3: tests[0].name: is missing"),
        ("{name: a, expect: {disposition: accept}}", "3: tests[0]: has no facts or mail"),
        ("{name: a, facts: {}}", "3: tests[0]: has no facts or mail, or expects nothing"),
        ("{name: a, facts: {}, expect: {}}", "tests[0].expect: expects nothing"),
        ("{name: a, facts: {sise: 1}, expect: {disposition: accept}}", "facts.sise: unknown key; did you mean size?"),
        ("{name: a, facts: {size: many}, expect: {disposition: accept}}", "facts.size: is not of this fact's type"),
        ("{name: a, facts: {size: true}, expect: {disposition: accept}}", "facts.size: is not of this fact's type"),
        ("{name: a, facts: {intent: x}, expect: {disposition: accept}}", "facts.intent: is no list"),
        ("{name: a, facts: {account: x}, expect: {disposition: accept}}", "facts.account: is not a mapping"),
        ("{name: a, facts: {reason: unregisterd}, expect: {disposition: accept}}", "did you mean unregistered?"),
        (
            "{name: a, facts: {reason: duplicate}, expect: {disposition: discard}}",
            "facts.reason: is never so when rules are asked (duplicate)",
        ),
        ("{name: a, facts: {intent: [transfr]}, expect: {tags: []}}", "facts.intent[0]: is never so when rules are"),
        ("{name: a, facts: {}, expect: {disposition: failed}}", "expect.disposition: is none of these"),
        ("{name: a, facts: {}, expect: {confirm: maybe}}", "expect.confirm: is neither"),
        ("{name: a, facts: {}, expect: {tags: a}}", "expect.tags: is no list of words"),
        ("{name: a, facts: {}, expect: {queue: 1}}", "expect.queue: is no text"),
        ("{name: a, mail: nowhere.eml, expect: {disposition: accept}}", "tests[0].mail: cannot be read (No such file"),
        ('{name: a, mail: "a\\0b", expect: {disposition: accept}}', "tests[0].mail: cannot be read"),
        ("{name: a, mail: own.yaml, expect: {disposition: accept}}", "no message that rules are asked about"),
    ],
)
def test_a_bad_case_is_refused_with_its_place(tmp_path, case, words):
    """A case that tests nothing, or a fact that there is not, would be a test that cannot fail."""
    (tmp_path / "own.yaml").write_text(f"version: 1\ntests:\n  - {case}\n")
    with pytest.raises(ConfigError) as refusal:
        load_cases(tmp_path)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
