"""Replay: what another policy makes of a message by the facts that are kept of it; as `decide()` would of the case.

Pure and total. Where facts were cut, or depend on what the policies of then counted and looked up, it is near and no
more; docs/policies.md says where. It says what would be, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.core.evidence import Assurance
from gateway.core.facts import Facts
from gateway.core.flood import SEEN, worse
from gateway.core.limits import AttachmentLimits
from gateway.core.message import Attachment
from gateway.core.policy import FIXED, Policy
from gateway.core.rates import Counter, Rates, over
from gateway.core.reason import Disposition, Reason
from gateway.core.record import from_record, shape
from gateway.core.ruling import Ruling, of_values

UNREAD = frozenset({Reason.MALFORMED_AUTHOR, Reason.MALFORMED_MESSAGE})
"""What nothing is known of, so that no rule is asked: each has its disposition."""
_WHOLE = shape(Facts)
_NO_LIMITS = AttachmentLimits()


def replay(policy: Policy, reason: Reason, kept: object) -> Ruling | None:
    """What `policy` says of a message by what is kept of it; None where too little is.

    `reason` is why it was refused then, `kept` the record of its facts, or nothing.
    """
    if not isinstance(kept, Mapping):
        return _by_reason(policy, reason) if reason in UNREAD else None
    if "stations" not in kept or reason in FIXED:
        return None
    return judged(policy, kept if _WHOLE.fits(kept) else Facts.from_record(kept).values())


def judged(policy: Policy, values: Mapping[str, Any]) -> Ruling:
    """What it says of facts that are whole. As `decide()`: the door, its own objections, rules, threads, floods."""
    stations = values["stations"]
    objects = _too_little(policy, values) or _unwanted(policy, values)
    reason = Reason(stations["door"] or values["reason"])
    if stations["door"] and objects:
        reason = Reason.POLICY
    ruling = of_values(policy, {**values, "reason": reason.value}, reason)
    if policy.fold and stations["folds"] and not objects and not ruling.by_rule:
        ruling = Ruling(Disposition.ACCEPT, Reason.AUTO_RESPONSE, "authorize", ruling.matched)
    elif ruling.disposition is Disposition.ACCEPT and values["scan"] == "not-scanned":
        ruling = Ruling(Disposition.QUARANTINE, Reason.VIRUS, "built-in", ruling.matched)
    return _limited(policy, values, ruling)


def _by_reason(policy: Policy, reason: Reason) -> Ruling:
    disposition, by = policy.choice(reason)
    return Ruling(disposition, reason, by)


def _too_little(policy: Policy, values: Mapping[str, Any]) -> bool:
    assurance = values["evidence"]["assurance"]
    return policy.least_assurance is Assurance.DOMAIN and assurance == Assurance.DOMAIN_ONLY.value


def _unwanted(policy: Policy, values: Mapping[str, Any]) -> bool:
    limits = policy.attachments
    if limits == _NO_LIMITS:
        return False
    if limits.count is not None and values["attachment_count"] > limits.count:
        return True
    return bool(
        limits.objection(
            [
                Attachment(one["name"], one["content_type"], one["size"], "", one["inline"], one["sniffed"])
                for one in values["attachments"]
            ]
        )
    )


def _limited(policy: Policy, values: Mapping[str, Any], ruling: Ruling) -> Ruling:
    limits = values["stations"]["limits"]
    if ruling.disposition not in SEEN or not limits:
        return ruling
    counters = (Counter(one.rpartition("per_")[2], one, "", "") for one in limits)
    reached = over(counters, from_record(Rates, values["rates"]), policy.limits)
    if not reached:
        return ruling
    disposition, by = worse(ruling.disposition, reached[0], policy)
    return replace(ruling, disposition=disposition, reason=Reason.RATE_LIMIT, rule=by, by_rule=False)
