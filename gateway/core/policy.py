"""Policy: how each reason not to accept is acted on. It can refuse in many ways; it has no way to grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.core.confirmation import Asking
from gateway.core.evidence import Assurance
from gateway.core.limits import AttachmentLimits
from gateway.core.mentions import COUNTED, Part
from gateway.core.rates import RateLimits
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import Retention
from gateway.core.rule import Rule
from gateway.core.verdict import Objection, Refuse

CHOICES = frozenset({Disposition.QUARANTINE, Disposition.REJECT, Disposition.DISCARD})
"""What a policy may choose from. There is no `accept` here, and that is the point."""

FIXED: Mapping[Reason, Disposition] = MappingProxyType(
    {
        Reason.DELIVERY_REPORT: Disposition.DISCARD,
        Reason.DUPLICATE: Disposition.DISCARD,
        Reason.CANARY: Disposition.DISCARD,
        Reason.CONFIRMATION: Disposition.DISCARD,
    },
)
"""What no policy may change."""

SETTABLE = frozenset(Reason) - frozenset(FIXED) - {Reason.REGISTERED, Reason.ENQUIRY}

TELLING = frozenset(
    {
        Reason.UNREGISTERED,
        Reason.UNAUTHENTICATED,
        Reason.AMBIGUOUS_ACCOUNT,
        Reason.ACCOUNT_SUSPENDED,
        Reason.TICKET_OF_ANOTHER_ACCOUNT,
        Reason.SERVICE_OF_ANOTHER_ACCOUNT,
        Reason.LOOK_ALIKE,
    },
)
"""Reasons that depend on the accounts: refused in different ways at the edge, they are an oracle (I10)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a policy file: the disposition for a reason, and where that stands (`default.yaml:7`)."""

    disposition: Disposition
    where: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Total: a reason that no file speaks of is quarantined. `digest` is hex sha256 over the files.

    `least_assurance` is what proof has to be worth; DOMAIN holds authors at shared providers (threats rule 8).
    `attachments` are the limits on them. `about` are the parts of a message in which names and references count.
    `fold`: a program's answer in a ticket's own thread is kept there. `limits`: how many may come within an hour.
    `confirmation`: whether primaries are asked about what rules hold for that. `rules` are tried in order; what none of
    them stops has its reason's choice.
    """

    choices: Mapping[Reason, Choice] = field(default_factory=dict)
    queue: str = "technical"
    digest: str = ""
    least_assurance: Assurance = Assurance.DOMAIN_ONLY
    about: frozenset[Part] = COUNTED
    attachments: AttachmentLimits = field(default_factory=AttachmentLimits)
    fold: bool = False
    retention: Retention = field(default_factory=Retention)
    limits: RateLimits = field(default_factory=RateLimits)
    confirmation: Asking = Asking.OFF
    rules: tuple[Rule, ...] = ()

    def choice(self, reason: Reason) -> tuple[Disposition, str]:
        """What is done for a reason where no rule stops, and who says so."""
        if reason in FIXED:
            return FIXED[reason], "built-in"
        choice = self.choices.get(reason)
        return (choice.disposition, f"{choice.where} {reason}") if choice else (Disposition.QUARANTINE, "default")

    def refuse(self, objection: Objection) -> Refuse:
        """The verdict for an objection that no rule is asked about."""
        disposition, by = self.choice(objection.reason)
        return Refuse(disposition, objection.reason, by, objection.detail)

    @property
    def answers(self) -> frozenset[str]:
        """The templates that rules answer with."""
        return frozenset(one.answer for one in self.rules if one.answer)
