"""What a policy says of facts: the same for a message that comes in, a case of its own tests, and last month's mail.

Total: rules in order, the first that stops decides; what none decides has its reason's disposition. Nothing here can
make an `Accept` of what `authorize()` did not grant: of an objection it can only say how it is acted on (I2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.core.expression import ConditionFailed
from gateway.core.facts import Facts
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.rule import Filing, Hold, Postponement, Refusal, Route, Rule


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a message. `disposition` is None where it is postponed; `rule` says who decided, and where.

    `by_rule`: a rule has stopped, so that what is built in for its reason does not apply. `matched` are the labels of
    all rules that held. `detail` is set where a rule has something to add to what the stations found.
    """

    disposition: Disposition | None
    reason: Reason
    rule: str
    matched: tuple[str, ...] = ()
    by_rule: bool = False
    hold: Hold = field(default_factory=Hold)
    route: Route = field(default_factory=Route)
    answer: str = ""
    detail: str = ""


def rule(policy: Policy, facts: Facts, *, taken_on: bool = False) -> Ruling:
    """The ruling. `taken_on`: an operator releases the message, and takes on what rules object to in it."""
    return of_values(policy, facts.values(), Reason(facts.reason), taken_on=taken_on)


def of_values(policy: Policy, values: Mapping[str, Any], reason: Reason, *, taken_on: bool = False) -> Ruling:
    """The ruling on facts as conditions read them."""
    found = _apply(policy.rules, values, reason, taken_on=taken_on)
    matched = tuple(one.label for one in found.matched)
    if found.stop is not None:
        return _stopped(found, Reason.POLICY if reason is Reason.REGISTERED else reason, matched)
    if reason is Reason.REGISTERED:
        return Ruling(Disposition.ACCEPT, reason, "authorize", matched, route=found.route, answer=found.answer)
    disposition, by = policy.choice(reason)
    return Ruling(disposition, reason, by, matched)


def _stopped(found: _Found, refused: Reason, matched: tuple[str, ...]) -> Ruling:
    match found.stop:
        case Refusal(disposition=disposition, hold=hold):
            return Ruling(disposition, refused, found.by, matched, by_rule=True, hold=hold)
        case Filing():
            return Ruling(Disposition.ACCEPT, Reason.ENQUIRY, found.by, matched, by_rule=True, route=found.route)
        case Broken(why=why):  # fails closed
            return Ruling(Disposition.QUARANTINE, refused, found.by, matched, by_rule=True, detail=why)
        case _:
            return Ruling(None, refused, found.by, matched, by_rule=True)


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule as it was tried, for people: whether it held, and what it read."""

    rule: Rule
    held: bool
    read: tuple[tuple[str, str], ...]


def tried(rules: Iterable[Rule], facts: Facts) -> tuple[Tried, ...]:
    """Every rule up to the one that stops, with the values that decided."""
    values, reason = facts.values(), Reason(facts.reason)
    every: list[Tried] = []
    for one in rules:
        try:
            held = one.condition.holds(values)
        except ConditionFailed as fault:
            return (*every, Tried(one, held=True, read=(("could not be evaluated", str(fault)),)))
        every.append(Tried(one, held, one.condition.values(values)))
        if held and one.stop is not None and _applies(one, reason):
            break
    return tuple(every)


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule could not be evaluated."""

    why: str


@dataclass(slots=True)
class _Found:
    stop: Refusal | Postponement | Filing | Broken | None = None
    by: str = ""
    route: Route = field(default_factory=Route)
    answer: str = ""
    matched: list[Rule] = field(default_factory=list)


def _apply(rules: Iterable[Rule], values: Mapping[str, Any], reason: Reason, *, taken_on: bool) -> _Found:
    found = _Found()
    for one in rules:
        if one.stop is not None and ((taken_on and not isinstance(one.stop, Filing)) or not _applies(one, reason)):
            continue
        try:
            if not one.condition.holds(values):
                continue
        except ConditionFailed as fault:
            found.stop, found.by = Broken(f"could not be evaluated: {fault}"), one.label
            return found
        found.matched.append(one)
        found.route = found.route.then(one.route)
        found.answer = found.answer or one.answer
        if one.stop is not None:
            found.stop, found.by = one.stop, one.label
            return found
    return found


def _applies(one: Rule, reason: Reason) -> bool:
    """Filed is the mail of strangers only: a customer's has its ticket, and what was objected to stays objected to."""
    return not isinstance(one.stop, Filing) or reason is Reason.UNREGISTERED
