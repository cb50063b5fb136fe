"""Station 6: Case to Verdict. Objections are tried in order; what none of them stops goes to the one door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import assert_never

from gateway.core.account import Service
from gateway.core.authorize import authorize
from gateway.core.case import Case, TicketFact
from gateway.core.evidence import Assurance
from gateway.core.flood import limited
from gateway.core.message import DeliveryReport, Malformed, Message
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.reference import Found
from gateway.core.scan import Infected, NotScanned
from gateway.core.verdict import Accept, AuthorizedSender, Objection, Refuse, Verdict

THREAD = frozenset({Found.PLUS_ADDRESS, Found.MESSAGE_ID})
HOPS = 100  # RFC 5321 §6.3


def decide(case: Case, policy: Policy) -> Verdict:
    """The verdict. Total: every case has one (I11). How many came before can only make it worse (I2)."""
    return limited(case, policy, _decided(case, policy))


def _decided(case: Case, policy: Policy) -> Verdict:
    if isinstance(case.parsed, Malformed) and case.parsed.failed:
        return Refuse(Disposition.FAILED, case.parsed.reason, "built-in", case.parsed.detail)
    if objection := not_a_message(case):  # no operator can make a message of it
        return policy.refuse(objection)
    grant = _objection(case, policy) or authorize(case)
    if isinstance(grant, Objection):
        return _folded(case, policy, grant) or policy.refuse(grant)
    if isinstance(case.scan, NotScanned) and not case.waived(Reason.VIRUS):  # whatever the policy does with viruses
        return Refuse(Disposition.QUARANTINE, Reason.VIRUS, "built-in", f"not scanned: {case.scan.why}")
    ticket = _own_ticket(case, grant)
    into = f"ticket {ticket.reference}" if ticket else "a new ticket"
    return Accept(grant, ticket, _own_service(case, grant), f"{grant.author} writes for {grant.account.code}: {into}")


def not_a_message(case: Case) -> Objection | None:
    """What did not parse, delivery reports, and our own canary: all told apart before their author is judged."""
    if case.canary:
        return Objection(Reason.CANARY, "a canary of `gateway check`, for which it is forged")
    match case.parsed:
        case Malformed(reason=reason, detail=detail):
            return Objection(reason, detail)
        case DeliveryReport(report=report):
            told = f"{report.action} {report.status} {report.recipient}".strip()
            return Objection(Reason.DELIVERY_REPORT, f"a delivery report: {told}")
        case Message():
            return None
        case _:
            assert_never(case.parsed)


def loop(case: Case) -> Objection | None:
    """Our own mail coming back, or mail that has been round too often (I6)."""
    if case.from_ourselves:
        return Objection(Reason.LOOP, "our own mail, come back")
    if isinstance(case.parsed, Message) and case.parsed.hops >= HOPS:
        return Objection(Reason.LOOP, f"{case.parsed.hops} Received fields")
    return None


def infected(case: Case) -> Objection | None:
    """What a scanner found, whoever wrote it: so that it tells nothing of the accounts (I10)."""
    if isinstance(case.scan, Infected):
        return Objection(Reason.VIRUS, f"a virus: {case.scan.signature}")
    return None


def automatic(case: Case) -> Objection | None:
    """Mail that no person wrote is never answered (RFC 3834 §2; threats rule 11)."""
    if not isinstance(case.parsed, Message):
        return None
    if case.parsed.automatic is not None:
        return Objection(case.parsed.automatic.reason, f"written by a program: {case.parsed.automatic.what}")
    envelope = case.arrival.envelope
    if envelope is not None and envelope.reverse_path is None:
        return Objection(Reason.AUTO_RESPONSE, "the reverse-path is null")  # RFC 5321 §4.5.5
    return None


def too_little(case: Case, policy: Policy) -> Objection | None:
    """Proof of a domain where anybody can have a mailbox, which is less than the policy wants (threats rule 8).

    It asks only what the author's domain is, so that it says nothing about who is registered (threats rule 1).
    """
    wants_more = policy.least_assurance is Assurance.DOMAIN
    if wants_more and case.evidence.assurance is Assurance.DOMAIN_ONLY:
        return Objection(
            Reason.POLICY,
            f"least_assurance is domain, and this is proof of a shared provider only: {case.evidence.detail}",
        )
    return None


def unwanted(case: Case, policy: Policy) -> Objection | None:
    """An attachment that the policy does not want, whoever sent it."""
    if not isinstance(case.parsed, Message):
        return None
    wrong = policy.attachments.objection(case.parsed.body.attachments)
    return Objection(Reason.POLICY, wrong) if wrong else None


OBJECTIONS: tuple[Callable[[Case], Objection | None], ...] = (loop, infected, automatic)
OF_POLICY: tuple[Callable[[Case, Policy], Objection | None], ...] = (too_little, unwanted)


def _objection(case: Case, policy: Policy) -> Objection | None:
    """The first that nobody has taken on."""
    every = chain((one(case) for one in OBJECTIONS), (one(case, policy) for one in OF_POLICY))
    return next((found for found in every if found and not case.waived(found.reason)), None)


def _folded(case: Case, policy: Policy, objection: Objection) -> Accept | None:
    """A program's answer to a letter of ours, where the policy wants it kept: in its ticket, and nothing else stirs.

    It passes the same door as a person's mail (I2), and has answered us by a token: a subject proves no thread.
    """
    if not policy.fold or objection.reason is not Reason.AUTO_RESPONSE or isinstance(case.scan, NotScanned):
        return None
    if any(one(case, policy) for one in OF_POLICY):
        return None
    grant = authorize(case)
    if isinstance(grant, Objection):
        return None
    in_thread = replace(case, mentions=tuple(one for one in case.mentions if one.found in THREAD))
    ticket = _own_ticket(in_thread, grant)
    detail = f"folded into ticket {ticket.reference}: {objection.detail}" if ticket else ""
    return Accept(grant, ticket, None, detail, folded=True) if ticket else None


def _own_ticket(case: Case, grant: AuthorizedSender) -> TicketFact | None:
    """The first ticket named that is the account's own: a released message may name others."""
    tickets = (mention.ticket for mention in case.mentions)
    return next((ticket for ticket in tickets if ticket and ticket.account_id == grant.account.id), None)


def _own_service(case: Case, grant: AuthorizedSender) -> Service | None:
    """The service that a ticket is about, where the message names exactly one of the account's own."""
    own = [service for service in case.about if service.account_id == grant.account.id]
    return own[0] if len(own) == 1 else None
