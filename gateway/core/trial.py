"""A policy's own test cases: what it is expected to say of facts, and what it says. Pure, as deciding is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.core.facts import Facts
from gateway.core.policy import Policy
from gateway.core.rule import Rule
from gateway.core.ruling import Ruling, rule

NONE = "none"
DEFER = "defer"

Said = str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One case. `where` is its file and line; of the ruling only what `expect` names is looked at."""

    name: str
    where: str
    facts: Facts
    expect: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case: the ruling in words, and where it is another than expected: (what, expected, got)."""

    trial: Trial
    outcome: Mapping[str, Said]
    differences: tuple[tuple[str, Said, Said], ...]
    matched: tuple[str, ...]


def tried_out(policy: Policy, trials: Iterable[Trial]) -> tuple[Result, ...]:
    """Every case, in order."""
    return tuple(_result(policy, one) for one in trials)


def never_matched(policy: Policy, results: Iterable[Result]) -> tuple[Rule, ...]:
    """The rules that held in no case."""
    matched = {label for result in results for label in result.matched}
    return tuple(one for one in policy.rules if one.label not in matched)


def outcome(ruling: Ruling) -> Mapping[str, Said]:
    """A ruling in the words of policy files; `rule` is the name of the rule that decided."""
    return {
        "disposition": ruling.disposition.value if ruling.disposition else DEFER,
        "reason": ruling.reason.value,
        "rule": ruling.rule.rpartition(" ")[2] if ruling.by_rule else NONE,
        "queue": ruling.route.queue or NONE,
        "assignee": ruling.route.assignee or NONE,
        "tags": tuple(sorted(ruling.route.tags)),
        "priority": ruling.route.priority.value if ruling.route.priority else NONE,
        "answer": ruling.answer or NONE,
        "keep": _written(ruling.hold.keep) if ruling.hold.keep else NONE,
        "for": ruling.hold.audience or NONE,
        "confirm": ruling.hold.confirm,
    }


def _result(policy: Policy, trial: Trial) -> Result:
    ruling = rule(policy, trial.facts)
    said = outcome(ruling)
    differences = tuple((key, value, said[key]) for key, value in trial.expect.items() if said[key] != value)
    return Result(trial, said, differences, ruling.matched)


def _written(time: timedelta) -> str:
    """As a policy file writes it: 14d, 36h, 90m."""
    seconds = int(time.total_seconds())
    return next(
        f"{seconds // size}{unit}"
        for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
        if seconds % size == 0
    )
