"""What is doubtful in a policy that is good: rules that cannot do what was meant by them. For people, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.confirmation import Asking
from gateway.core.policy import TELLING, Policy
from gateway.core.reason import Disposition
from gateway.core.rule import Filing, Postponement, Refusal, Rule, Stop

OF_ACCOUNTS = frozenset({"account", "ticket", "services"})
"""Facts that depend on who is registered; `reason` does where a rule asks for one of TELLING."""
CHANGING = OF_ACCOUNTS | {"reason", "evidence", "rates", "scan", "virus", "time"}
"""Facts that may be others when the same message comes again."""


def doubts(policy: Policy, *, edge: bool) -> Iterator[str]:
    """What `check` warns of. `edge`: strangers' own servers hear what is said of their mail."""
    yield from _behind_all(policy)
    for one in policy.rules:
        if isinstance(one.stop, Postponement) and CHANGING.isdisjoint(_roots(one)):
            yield f"{one.label} defers by what never changes: the same mail comes again, until its server gives up"
        if isinstance(one.stop, Refusal) and one.stop.hold.confirm and policy.confirmation is Asking.OFF:
            yield f"{one.label} says confirm, and nobody is asked: `confirmation: digest` or `each` is missing"
    if edge:
        yield from _heard(policy)


def _behind_all(policy: Policy) -> Iterator[str]:
    """Filing stops strangers alone, so it is no end."""
    ends = [at for at, one in enumerate(policy.rules) if _always(one) and one.stop and not isinstance(one.stop, Filing)]
    for one in policy.rules[ends[0] + 1 :] if ends else ():
        yield f"{one.label} is never tried: {policy.rules[ends[0]].label} always stops"


def _always(one: Rule) -> bool:
    return one.condition.text.strip() == "true"


def _heard(policy: Policy) -> Iterator[str]:
    """I10: at the edge a rule that asks who is registered says another thing than what is said to others like them."""
    others = {_says(policy.choice(reason)[0]) for reason in TELLING}
    for one in policy.rules:
        if one.stop is not None and _of_accounts(one) and others != {_says(one.stop)}:
            asked = ", ".join(".".join(path) for path in one.condition.reads)
            yield f"{one.label} is heard at the edge ({_says(one.stop)}), and depends on who is registered ({asked})"


def _of_accounts(one: Rule) -> bool:
    """A rule that names all of TELLING treats them alike."""
    named = [reason for reason in TELLING if f'"{reason}"' in one.condition.text or f"'{reason}'" in one.condition.text]
    telling = "reason" in _roots(one) and 0 < len(named) < len(TELLING)
    return telling or not OF_ACCOUNTS.isdisjoint(_roots(one))


def _says(what: Stop | Disposition) -> str:
    """What a peer at the edge hears; held, discarded and filed are alike."""
    match what:
        case Postponement():
            return "451"
        case Disposition.REJECT | Refusal(disposition=Disposition.REJECT):
            return "550"
        case _:
            return "250"


def _roots(one: Rule) -> frozenset[str]:
    return frozenset(path[0] for path in one.condition.reads)
