"""Floods: too many within the hour are held, and of far too many nobody is told. It can only make a verdict worse (I2).

What is refused or thrown away in any case stays so, and what is held stays held until it is ignored: to a stranger the
answer is the same, however many came (I10). Nothing is lost: what is ignored is recorded, and its bytes are kept (I12).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.case import Case
from gateway.core.policy import Policy
from gateway.core.rates import Counter, Over, over
from gateway.core.reason import Disposition, Reason
from gateway.core.verdict import Flood, Refuse, Verdict

SEEN = frozenset({Disposition.ACCEPT, Disposition.QUARANTINE})
"""What somebody has to look at."""


def limited(case: Case, policy: Policy, verdict: Verdict) -> Verdict:
    """The verdict, unless too many came before."""
    reached = over(case.counted, case.rates, policy.limits)
    if not reached:
        return verdict
    flood, first = Flood(reached, verdict), reached[0]
    if isinstance(verdict, Refuse) and verdict.disposition not in SEEN:
        return replace(verdict, flood=flood)
    disposition, by = worse(verdict.disposition, first, policy)
    told = f"{first}; otherwise {verdict.disposition} ({verdict.reason}): {verdict.detail}"
    return Refuse(disposition, Reason.RATE_LIMIT, by, told, flood)


def worse(disposition: Disposition, first: Over, policy: Policy) -> tuple[Disposition, str]:
    """What becomes of one that somebody would have looked at, and the line that says so."""
    by = f"{first.bound.where} {first.counter.limit}"
    if first.ignored:
        return Disposition.DISCARD, by
    if disposition is Disposition.QUARANTINE:
        return Disposition.QUARANTINE, by
    return policy.choice(Reason.RATE_LIMIT)


def counting(case: Case, verdict: Verdict) -> tuple[Counter, ...]:
    """Where it counts: a flood that is ignored in one place does not go on to fill the others.

    So one author, domain or peer puts no more than its own `ignore` into what all share; and beyond the bounds of the
    ingresses strangers make no new key, so that a flood of ever new names has a bounded number of rows.
    """
    beyond = tuple(one.counter for one in reached(verdict) if one.ignored)
    return beyond or case.counted


def ignored(verdict: Verdict) -> bool:
    """Whether nobody is to see it because too many came."""
    return verdict.disposition is Disposition.DISCARD and verdict.reason is Reason.RATE_LIMIT


def otherwise(verdict: Verdict) -> Verdict:
    """What would have become of it if fewer had come."""
    return verdict.flood.otherwise if isinstance(verdict, Refuse) and verdict.flood else verdict


def reached(verdict: Verdict) -> tuple[Over, ...]:
    """The bounds that it was over, whatever became of it."""
    return verdict.flood.over if isinstance(verdict, Refuse) and verdict.flood else ()
