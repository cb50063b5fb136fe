"""The way of one message, station by station, in words that a support person understands."""

from __future__ import annotations

from typing import assert_never

from gateway.core.account import Service
from gateway.core.case import Case
from gateway.core.evidence import Assurance
from gateway.core.letter import shown
from gateway.core.likeness import imitated
from gateway.core.message import DeliveryReport, Malformed, Message
from gateway.core.scan import Clean, Infected, NotScanned, Scan
from gateway.core.verdict import Accept, Enquire, Refuse, Verdict

Station = tuple[str, str]
SHOWN = 3
"""So many resemblances are told; a short name may have more."""

NAMES = 10
"""So many of a list of names are told."""


def narrate(case: Case, verdict: Verdict) -> tuple[Station, ...]:
    """What each station found: (station, words)."""
    stations = [("arrival", _arrival(case)), ("parse", _parse(case))]
    if isinstance(case.parsed, Message):
        stations += [("pec", f"the envelope is not believed: {case.distrust}")] if case.distrust else []
        stations += [("evidence", _evidence(case)), ("sender", _sender(case)), ("about", _about(case))]
    if case.scan is not None:
        stations.append(("scan", _scan(case.scan)))
    if case.override is not None:
        stations.append(("override", f"{case.override.by} takes on: {case.override.told}"))
    stations.append(("verdict", _verdict(verdict)))
    return tuple(stations)


def _arrival(case: Case) -> str:
    arrival = case.arrival
    peer = f" from {arrival.origin.peer}" if arrival.origin.peer else ""
    by = f"{len(arrival.raw)} octets by {arrival.origin.ingress}{peer} ({arrival.origin.position})"
    if arrival.envelope is None:
        return f"{by}; no envelope"
    to = ", ".join(arrival.envelope.forward_paths) or "nobody"
    sender = "<>" if arrival.envelope.reverse_path is None else arrival.envelope.reverse_path or "not told"
    return f"{by}; reverse-path {sender}, for {to}"


def _parse(case: Case) -> str:
    match case.parsed:
        case Message(author=author, body=body, automatic=automatic):
            parts = f", {len(body.attachments)} attachments" if body.attachments else ""
            kind = f"; {automatic.what}" if automatic else ""
            return f"the author is {author}; {len(body.text)} characters{parts}{kind}"
        case DeliveryReport(report=report):
            return (
                f"a delivery report about {report.recipient or 'an unnamed recipient'}: {report.status or 'no status'}"
            )
        case Malformed(reason=reason, detail=detail):
            return f"{reason}: {detail}"
        case _:
            assert_never(case.parsed)


def _evidence(case: Case) -> str:
    proof = "proved" if case.evidence.aligned else "not proved"
    what = "mailbox" if case.evidence.assurance is Assurance.MAILBOX else "domain"
    return f"the author's {what} is {proof}: {case.evidence.detail}"


def _sender(case: Case) -> str:
    accounts = case.sender.accounts if case.sender else ()
    on = ", ".join(f"{one.code} ({one.status})" for one in accounts) or "no account"
    like = imitated(case.sender, case.resembled) if case.sender else ()
    return "; ".join([f"the author's address is on {on}", *map(str, like[:SHOWN])])


def _about(case: Case) -> str:
    named = [
        f"ticket {one.reference} ({one.found}{'' if one.ticket else ', which does not exist'})" for one in case.mentions
    ]
    named += [f"{one.kind} {one.name} ({_holder(case, one)})" for one in case.about[:NAMES]]
    told = "names " + ", ".join(named) if named else "names no ticket and no service that an account holds"
    held = {service.key for service in case.about}
    others = [shown(one) for one in (*case.named.domains, *case.named.ids) if one not in held]
    if others:
        more = f" and {len(others) - NAMES} more" if len(others) > NAMES else ""
        told += f"; besides {', '.join(others[:NAMES])}{more}"
    return f"{told}; {case.named.beyond}, which is too much to look up" if case.named.beyond else told


def _holder(case: Case, service: Service) -> str:
    own = case.sender is not None and any(one.id == service.account_id for one in case.sender.accounts)
    return f"held by {service.holder}, {'the' if own else 'not the'} sender's"


def _scan(scan: Scan) -> str:
    match scan:
        case Clean():
            return "no virus found"
        case Infected(signature=signature):
            return f"a virus: {signature}"
        case NotScanned(why=why):
            return f"not scanned: {why}"
        case _:
            assert_never(scan)


def _verdict(verdict: Verdict) -> str:
    match verdict:
        case Accept() | Enquire():
            return f"accept ({verdict.reason}): {verdict.detail}"
        case Refuse(disposition=disposition, reason=reason, rule=rule, detail=detail):
            return f"{disposition} ({reason}) by rule {rule}: {detail}"
        case _:
            assert_never(verdict)
