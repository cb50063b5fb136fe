"""Station 6: Case to Verdict. Objections are tried in order; what none of them stops goes to the one door.

What both found is a fact among others, and the policy's rules say how it is acted on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from gateway.core.account import Service
from gateway.core.authorize import authorize
from gateway.core.case import Case, TicketFact
from gateway.core.confirm import answer
from gateway.core.evidence import Assurance
from gateway.core.facts import Facts, facts
from gateway.core.flood import limited
from gateway.core.message import DeliveryReport, Malformed, Message
from gateway.core.particulars import StationFacts
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.reference import THREAD
from gateway.core.ruling import Ruling, rule
from gateway.core.scan import Infected, NotScanned
from gateway.core.verdict import Accept, AuthorizedSender, Defer, Enquire, Objection, Refuse, Verdict

HOPS = 100  # RFC 5321 §6.3


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, or that the message is to come again; and the facts that rules were tried on, where it was read."""

    verdict: Verdict | Defer
    facts: Facts | None = None


def decide(case: Case, policy: Policy, shared_domains: frozenset[str] = frozenset()) -> Decision:
    """The verdict. Total: every case has one (I11). How many came before can only make it worse (I2)."""
    decision = _decided(case, policy, shared_domains)
    if isinstance(decision.verdict, Defer):
        return decision
    return replace(decision, verdict=limited(case, policy, decision.verdict))


def _decided(case: Case, policy: Policy, shared_domains: frozenset[str]) -> Decision:
    if isinstance(case.parsed, Malformed) and case.parsed.failed:
        return Decision(Refuse(Disposition.FAILED, case.parsed.reason, "built-in", case.parsed.detail))
    if unread := not_a_message(case):  # no operator can make a message of it
        return Decision(policy.refuse(unread))
    always = objection(case)
    found = always or _of_policy(case, policy)
    if not found and (answered := answer(case)):  # no rule may keep the primary's word from what it is about
        return Decision(policy.refuse(answered))
    door = always or authorize(case)
    grant = found or door
    known = facts(case, _word(grant), shared_domains, _stations(case, always, door))
    if isinstance(grant, Objection):
        return Decision(_refused(case, policy, grant, rule(policy, known)), known)
    return Decision(_granted(case, grant, rule(policy, known, taken_on=case.waived(Reason.POLICY))), known)


def _word(grant: AuthorizedSender | Objection) -> Reason:
    return grant.reason if isinstance(grant, Objection) else Reason.REGISTERED


def _stations(case: Case, always: Objection | None, door: AuthorizedSender | Objection) -> StationFacts:
    """What is so whatever the policy: kept, so that another one can be tried on the message."""
    return StationFacts(
        door="" if always else _word(door).value,
        folds=always is not None and _in_thread(case, always) is not None,
        limits=tuple(one.limit for one in case.counted if one.limit),
    )


def _granted(case: Case, grant: AuthorizedSender, ruling: Ruling) -> Verdict | Defer:
    """An `Accept` is made of a grant, and of nothing that a rule says (I2)."""
    ticket = _own_ticket(case, grant)
    into = f"ticket {ticket.reference}" if ticket else "a new ticket"
    detail = f"{grant.author} writes for {grant.account.code}: {into}"
    return (
        _stopped(ruling, detail)
        or _not_scanned(case)
        or Accept(grant, ticket, _own_service(case, grant), detail, route=ruling.route, answer=ruling.answer)
    )


def _refused(case: Case, policy: Policy, found: Objection, ruling: Ruling) -> Verdict | Defer:
    """How an objection is acted on: at most a stranger's question is filed, on no account."""
    if not ruling.by_rule and (folded := _folded(case, policy, found)):
        return folded
    if stopped := _stopped(ruling, found.detail):
        return stopped
    if found.reason is not Reason.UNREGISTERED or case.sender is None:
        return policy.refuse(found)  # not reached: `rule` files strangers' questions only
    return _not_scanned(case) or Enquire(case.sender.author, ruling.rule, found.detail, ruling.route)


def _stopped(ruling: Ruling, found: str) -> Refuse | Defer | None:
    detail = f"{ruling.detail}; {found}" if ruling.detail else found
    if ruling.disposition is None:
        return Defer(f"postponed by rule {ruling.rule}: {detail}")
    if ruling.disposition is Disposition.ACCEPT:
        return None
    return Refuse(ruling.disposition, ruling.reason, ruling.rule, detail, hold=ruling.hold)


def _not_scanned(case: Case) -> Refuse | None:
    """Held, whatever the policy does with viruses."""
    if isinstance(case.scan, NotScanned) and not case.waived(Reason.VIRUS):
        return Refuse(Disposition.QUARANTINE, Reason.VIRUS, "built-in", f"not scanned: {case.scan.why}")
    return None


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


def objection(case: Case) -> Objection | None:
    """The first that nobody has taken on, whatever the policy."""
    return next((found for one in OBJECTIONS if (found := one(case)) and not case.waived(found.reason)), None)


def _of_policy(case: Case, policy: Policy) -> Objection | None:
    return next((found for one in OF_POLICY if (found := one(case, policy)) and not case.waived(found.reason)), None)


def _folded(case: Case, policy: Policy, objection: Objection) -> Accept | None:
    """What a policy wants kept of what programs answer, and has nothing else against."""
    if not policy.fold or any(one(case, policy) for one in OF_POLICY):
        return None
    return _in_thread(case, objection)


def _in_thread(case: Case, objection: Objection) -> Accept | None:
    """A program's answer to a letter of ours, kept in its ticket, where nothing else stirs.

    It passes the same door as a person's mail (I2), and has answered us by a token: a subject proves no thread.
    """
    if objection.reason is not Reason.AUTO_RESPONSE or isinstance(case.scan, NotScanned):
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
