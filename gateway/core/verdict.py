"""Station 6, Verdict: what is decided about a message, by which rule, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.core.account import Account, Service
from gateway.core.address import Address
from gateway.core.case import TicketFact
from gateway.core.rates import Over
from gateway.core.reason import Disposition, Reason
from gateway.core.rule import Hold, Route


@dataclass(frozen=True, slots=True)
class AuthorizedSender:
    """Proof that this author may write for this account. Made by `authorize()` alone (a test reads the tree)."""

    account: Account
    author: Address


@dataclass(frozen=True, slots=True)
class Objection:
    """A reason not to accept. `detail` is for the operator; no stranger ever reads it (I10)."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Goes into a ticket: an existing one of the same account, or a new one.

    `folded`: a program's answer in the ticket's thread, which is kept there and changes nothing else. `route` is for a
    new ticket; `answer` names the template of what the primary is told instead of an acknowledgement.
    """

    sender: AuthorizedSender
    ticket: TicketFact | None
    service: Service | None
    detail: str
    folded: bool = False
    route: Route = field(default_factory=Route)
    answer: str = ""

    disposition = Disposition.ACCEPT
    rule = "authorize"

    @property
    def account(self) -> Account:
        """Whose ticket it goes into."""
        return self.sender.account

    @property
    def author(self) -> Address:
        """Who wrote."""
        return self.sender.author

    @property
    def reason(self) -> Reason:
        """Why, in the word that is published."""
        return Reason.AUTO_RESPONSE if self.folded else Reason.REGISTERED


@dataclass(frozen=True, slots=True)
class Enquire:
    """A stranger's generic question: a ticket without account, which the gateway answers to nobody (R2, R11)."""

    author: Address
    rule: str
    detail: str
    route: Route = field(default_factory=Route)

    disposition = Disposition.ACCEPT
    reason = Reason.ENQUIRY
    account = None
    ticket = None
    service = None
    folded = False
    answer = ""


@dataclass(frozen=True, slots=True)
class Flood:
    """Too many: the bounds that are reached, those that ignore first, and what would have become of it otherwise."""

    over: tuple[Over, ...]
    otherwise: Verdict


@dataclass(frozen=True, slots=True)
class Refuse:
    """Reject, quarantine, discard, or failed; `rule` names the policy's line that said so, `hold` how it is held."""

    disposition: Disposition
    reason: Reason
    rule: str
    detail: str
    flood: Flood | None = None
    """Where a bound on how many may come is reached, even if it is refused for another reason."""
    hold: Hold = field(default_factory=Hold)


@dataclass(frozen=True, slots=True)
class Defer:
    """Something could not be asked or written now (I9): nothing is recorded, the peer keeps the message."""

    detail: str


Admitted = Accept | Enquire
"""What opens a ticket, or goes into one."""

Verdict = Admitted | Refuse
"""What is recorded. `Defer` is not among them: it leaves no trace but a log line."""
