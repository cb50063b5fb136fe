"""Facts: what a policy may know of one message. Plain, frozen, total: what is absent is empty, zero or false.

Evidence first, accounts second (threats rule 1, I10): of whoever is not proved, and of strangers, nothing is here that
depends on who is registered or on what anybody holds. Of the words there is what they ask for, and their language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from gateway.core.account import Account
from gateway.core.case import Case
from gateway.core.charset import words
from gateway.core.evidence import Evidence
from gateway.core.fields import unfolded
from gateway.core.intent import intents
from gateway.core.letter import one_line
from gateway.core.message import Attachment, DeliveryReport, Message
from gateway.core.particulars import (
    AccountFacts,
    AttachmentFacts,
    AuthorFacts,
    EvidenceFacts,
    IngressFacts,
    ServiceFacts,
    StationFacts,
    TicketFacts,
    TimeFacts,
)
from gateway.core.providers import SHARED
from gateway.core.rates import Rates
from gateway.core.reason import Reason
from gateway.core.record import from_record, to_record, types
from gateway.core.room import Items, Room, Share
from gateway.core.scan import Clean, Infected, NotScanned
from gateway.core.times import stamp
from gateway.core.tongue import tongue

OCTETS = 8 * 1024
"""The most that a record has as JSON, whatever the mail: what each text and list may have, and the rest."""
NAME, WORD = 480, 100
SHARES: Share = {
    "author": {"name": NAME},
    "account": {"code": WORD, "name": NAME},
    "evidence": {"spf": WORD, "dkim": WORD, "dmarc": WORD},
    "services": Items(700, {"kind": WORD, "name": NAME}),
    "intent_words": Items(700, 700),
    "attachments": Items(1800, {"name": NAME, "extension": WORD, "content_type": WORD}),
    "subject": 1200,
    "ingress": {"name": WORD, "peer": WORD},
    "recipients": Items(700, 700),
    "virus": WORD,
}
"""What is kept. Rules are tried on all there is: else a stranger hid one attachment behind a hundred others."""

SCANS = {type(None): "", Clean: "clean", Infected: "infected", NotScanned: "not-scanned"}


@dataclass(frozen=True, slots=True)
class Facts:
    """One message. `size` in octets, `text_size` in characters of what was written here; `reply`: it continues others.

    `cut` is of what was kept: a text was too long for that, or a list; `attachment_count` is of all there are.
    """

    reason: str = ""
    author: AuthorFacts = field(default_factory=AuthorFacts)
    account: AccountFacts = field(default_factory=AccountFacts)
    evidence: EvidenceFacts = field(default_factory=EvidenceFacts)
    ticket: TicketFacts = field(default_factory=TicketFacts)
    services: tuple[ServiceFacts, ...] = ()
    intent: tuple[str, ...] = ()
    intent_words: tuple[str, ...] = ()
    automatic: bool = False
    reply: bool = False
    attachments: tuple[AttachmentFacts, ...] = ()
    attachment_count: int = 0
    size: int = 0
    subject: str = ""
    text_size: int = 0
    language: str = ""
    ingress: IngressFacts = field(default_factory=IngressFacts)
    recipients: tuple[str, ...] = ()
    hops: int = 0
    time: TimeFacts = field(default_factory=TimeFacts)
    rates: Rates = field(default_factory=Rates)
    scan: str = ""
    virus: str = ""
    cut: bool = False
    stations: StationFacts = field(default_factory=StationFacts)

    def record(self) -> dict[str, Any]:
        """As plain data, to be kept with the message: in less than OCTETS."""
        room = Room()
        kept: dict[str, Any] = room.kept(to_record(self), SHARES)
        return kept | {"cut": self.cut or room.short}

    @classmethod
    def from_record(cls, record: object) -> Facts:
        """What was kept, by whatever version: what that did not know is empty."""
        return from_record(cls, record)

    def values(self) -> Mapping[str, Any]:
        """What conditions read: all of it."""
        return to_record(self)


SCHEMA = {name: kind for name, kind in types(Facts).items() if name not in {"cut", "stations"}}
"""The type of each fact, for conditions. When they are asked, nothing has been cut yet."""


def facts(
    case: Case,
    reason: Reason | None = None,
    shared_domains: frozenset[str] = frozenset(),
    stations: StationFacts | None = None,
) -> Facts:
    """The facts of a case. `reason` is what the stations before found; `shared_domains` are the operator's own."""
    parsed, arrival, envelope = case.parsed, case.arrival, case.arrival.envelope
    message = parsed if isinstance(parsed, Message) else None
    files = message.body.attachments if message else ()
    text = message.body.text if message else ""
    asked = intents(parsed.header.subject, text) if message else ()
    language = tongue(f"{parsed.header.subject}\n{text}")
    account = _account(case)
    at = arrival.at.astimezone(UTC)
    return Facts(
        reason=reason.value if reason else "",
        author=_author(message, shared_domains) if message else AuthorFacts(),
        account=_told(account) if account else AccountFacts(),
        evidence=_evidence(case.evidence),
        ticket=_ticket(case, account) if account else TicketFacts(),
        services=_services(case, account) if account else (),
        intent=tuple(one.intent.value for one in asked),
        intent_words=tuple(one.words for one in asked),
        automatic=_automatic(case),
        reply=message is not None and bool(message.references),
        attachments=tuple(map(_attachment, files)),
        attachment_count=len(files),
        size=len(arrival.raw),
        subject=_line(parsed.header.subject),
        text_size=len(text),
        language=language.value if language else "",
        ingress=IngressFacts(_line(arrival.origin.ingress), arrival.origin.position.value, _line(arrival.origin.peer)),
        recipients=tuple(envelope.forward_paths) if envelope else (),
        hops=message.hops if message else 0,
        time=TimeFacts(at.hour, at.isoweekday(), stamp(at)),
        rates=case.rates,
        scan=SCANS[type(case.scan)],
        virus=_line(case.scan.signature) if isinstance(case.scan, Infected) else "",
        stations=stations or StationFacts(),
    )


def _account(case: Case) -> Account | None:
    """The one account of a proved author. Who a stranger or a forger may be is no fact (threats rule 1, I10)."""
    if case.sender is None or not (case.evidence.aligned or case.waived(Reason.UNAUTHENTICATED)):
        return None
    chosen = case.override.account if case.override else None
    found = [one for one in case.sender.accounts if chosen in (None, one.code)]
    return found[0] if len(found) == 1 else None


def _author(message: Message, shared_domains: frozenset[str]) -> AuthorFacts:
    author = message.author
    value = next((value for name, value in message.fields if name == "from"), b"")
    phrase, bracket, _ = words(unfolded(value)).rpartition("<")
    name = _line(phrase.strip(' \t"')) if bracket else ""
    return AuthorFacts(str(author), author.local, author.domain, name, author.domain in SHARED | shared_domains)


def _told(account: Account) -> AccountFacts:
    return AccountFacts(_line(account.code), _line(account.name), account.language.value, account.status.value)


def _evidence(evidence: Evidence) -> EvidenceFacts:
    """Of several signatures, whether one is good."""
    spf, dmarc = (one.result if one else "" for one in (evidence.spf, evidence.dmarc))
    dkim = sorted((one.result for one in evidence.dkim), key="pass".__ne__)
    results = (_line(one) for one in (spf, dkim[0] if dkim else "", dmarc))
    return EvidenceFacts(evidence.source.value, evidence.assurance.value, *results)


def _ticket(case: Case, account: Account) -> TicketFacts:
    """An own one before others, as in deciding; another's ticket and no ticket are alike (I10)."""
    own = (one for one in case.mentions if one.ticket and one.ticket.account_id == account.id)
    first = next(own, None)
    if first is None and case.mentions:
        return TicketFacts(case.mentions[0].reference, own=False)
    return TicketFacts(first.reference, own=True) if first else TicketFacts()


def _services(case: Case, account: Account) -> tuple[ServiceFacts, ...]:
    own = account.id
    return tuple(ServiceFacts(_line(one.kind), _line(one.name), own=one.account_id == own) for one in case.about)


def _automatic(case: Case) -> bool:
    if isinstance(case.parsed, Message) and case.parsed.automatic is not None:
        return True
    envelope = case.arrival.envelope
    return isinstance(case.parsed, DeliveryReport) or (envelope is not None and envelope.reverse_path is None)


def _attachment(one: Attachment) -> AttachmentFacts:
    _, dot, extension = one.filename.rstrip(". ").rpartition(".")  # Windows drops what stands at the end
    return AttachmentFacts(
        _line(one.filename),
        _line(extension.strip().lower()) if dot else "",
        _line(one.content_type),
        one.sniffed,
        one.size,
        one.inline,
    )


def _line(text: str) -> str:
    """All of it, on one line."""
    return one_line(text, len(text))
