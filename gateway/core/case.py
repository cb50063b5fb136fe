"""Station 5, Case: all the facts about one message, gathered, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.core.account import Sender, Service
from gateway.core.arrival import Arrival
from gateway.core.confirmation import Confirmation
from gateway.core.evidence import Evidence
from gateway.core.likeness import Resemblance
from gateway.core.mentions import Named
from gateway.core.message import Parsed
from gateway.core.rates import Counter, Rates
from gateway.core.reason import Reason
from gateway.core.reference import Found
from gateway.core.scan import Scan


@dataclass(frozen=True, slots=True)
class TicketFact:
    """What deciding needs to know of a ticket that exists."""

    id: int
    reference: str
    account_id: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A ticket that the message names, by a tag or with a good token. `ticket` is None where there is no such one."""

    reference: str
    found: Found
    ticket: TicketFact | None


@dataclass(frozen=True, slots=True)
class Override:
    """What a named operator takes on when releasing a held message: these reasons, and for which account."""

    by: str
    reasons: frozenset[Reason]
    account: str | None = None
    virus: str = ""
    """The signature that they take for a false alarm: that one, and no other that a scan finds meanwhile."""

    @property
    def told(self) -> str:
        """What was taken on, in words."""
        return ", ".join([*sorted(self.reasons), *([f"virus {self.virus}"] if self.virus else [])])


@dataclass(frozen=True, slots=True)
class Case:
    """One message and everything known about it. `about` are the services that what it named means, whoever's."""

    arrival: Arrival
    parsed: Parsed
    sender: Sender | None = None
    evidence: Evidence = field(default_factory=Evidence)
    border_spoke: bool = False
    """Whether a field of a trusted border was believed, whatever it said."""
    mentions: tuple[Mention, ...] = ()
    named: Named = field(default_factory=Named)
    about: tuple[Service, ...] = ()
    from_ourselves: bool = False
    resembled: tuple[Resemblance, ...] = ()
    """Whom the author or the display name may be taken for; looked up only where the author is proved (I10)."""
    canary: bool = False
    """Sent by our own `gateway check`, to see what the border does."""
    bounced: str | None = None
    """The outbox row whose own signed reverse-path this came to (threats rule 14)."""
    confirmation: Confirmation | None = None
    """The question to the account's primary of now that it has the token of, whoever wrote it (threats rule 9)."""
    scan: Scan | None = None
    """None where no scanner is configured."""
    distrust: str = ""
    """Why a PEC envelope, if the message is one, was not believed."""
    override: Override | None = None
    counted: tuple[Counter, ...] = ()
    """Where it counts, once it is written down."""
    rates: Rates = field(default_factory=Rates)
    """What counted there within the hour before."""

    def waived(self, reason: Reason) -> bool:
        """Whether an operator has taken this reason on; a virus only by its name."""
        if self.override is None:
            return False
        if reason is Reason.VIRUS:
            return self.scan is not None and self.override.virus == self.scan.signature
        return reason in self.override.reasons
