"""The story of one message: parse, ask, decide, write down. Nothing is promised before the commit (I3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog

from gateway.core.account import Sender
from gateway.core.arrival import Arrival
from gateway.core.canary import mark_in
from gateway.core.case import Case, Mention, Override
from gateway.core.confirm import CONFIRMABLE, answered, asks, override
from gateway.core.confirmation import Confirmation, State
from gateway.core.counting import counters
from gateway.core.decide import decide
from gateway.core.evidence import Evidence, Source
from gateway.core.judge import Undecided, combine, leaves_open
from gateway.core.letter import bears_our_mark, reflectable
from gateway.core.mentions import Named, about, named, read
from gateway.core.message import Envelope, Message
from gateway.core.parse import parse
from gateway.core.pec import carried, proof
from gateway.core.providers import graded
from gateway.core.reason import Reason
from gateway.core.recipients import recipients
from gateway.core.reference import (
    MENTIONS,
    THREAD,
    Claim,
    bounced_row,
    claims,
    holds,
    holds_question,
    is_own_message_id,
)
from gateway.core.reply import Kind, Reply
from gateway.core.scan import Scan
from gateway.core.ticket import ticket_subject
from gateway.core.trace import narrate
from gateway.core.verdict import Accept, Admitted, Defer, Refuse, Verdict
from gateway.core.vouch import evidence_from
from gateway.house import House
from gateway.ports import (
    AddressBook,
    Archive,
    Authenticator,
    Desk,
    Keys,
    Observer,
    Opening,
    Receipt,
    Record,
    Said,
    Scanner,
    Seals,
    Shadow,
    Unavailable,
)

log = structlog.get_logger()

PARSED_HERE = 128 * 1024
"""Octets. What is longer may take a second to parse, and is parsed in a thread, so that the other sessions go on."""
NAMED_HERE = 8 * 1024
"""Octets. What is longer may take a tenth of a second to read for names, and is read in a thread as well."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes messages through the stations."""

    house: House
    book: AddressBook
    desk: Desk
    keys: Keys
    archive: Archive
    authenticator: Authenticator
    observer: Observer
    new_id: Callable[[], str]
    new_reference: Callable[[], str]
    committed: Callable[[], None]
    """Told after a commit that may have put something into the outbox."""
    scanner: Scanner | None = None
    shadow: Shadow | None = None
    """Told after the commit; has no say."""
    seals: Seals | None = None
    """What PEC envelopes are verified with, where that is configured."""

    async def __call__(self, arrival: Arrival) -> Receipt:
        """Take one message in; returns only after the commit, or with Defer when there was none."""
        try:
            record = await self._answering(await self.examine(arrival))
            recorded = await self.archive.record(record)
        except Unavailable as fault:
            log.warning("message.deferred", message=arrival.id, ingress=arrival.origin.ingress, why=str(fault))
            return Receipt(arrival.id, Defer(str(fault)))  # I9
        if record.opening or record.question or recorded.answered:
            self.committed()
        self.observer.received(record.case, recorded.verdict)
        if self.shadow is not None and recorded.verdict.reason is not Reason.DUPLICATE:
            self.shadow.compare(record)
        if recorded.turned is not None:
            self.observer.turned(recorded.turned)
        _tell(record, recorded.verdict, recorded.ticket)
        if record.answer is not None and recorded.answered:
            _tell_answer(record.answer, arrival)
        return Receipt(arrival.id, recorded.verdict, recorded.ticket)

    async def examine(self, arrival: Arrival, override: Override | None = None) -> Record:
        """Everything up to the commit; changes nothing. Raises Unavailable (I9)."""
        case = await self._gather(arrival, override)
        counted = counters(case)
        case = replace(case, counted=counted, rates=await self.archive.rates(counted, arrival.at))
        decision = decide(case, self.house.policy, self.house.shared_domains)
        verdict = decision.verdict
        if isinstance(verdict, Defer):
            raise Unavailable(verdict.detail)
        opening = self._opening(verdict, case.parsed) if isinstance(case.parsed, Message) else None
        policy = self.house.policy
        keep = policy.retention.keep(verdict)
        asked = asks(case, verdict, policy)
        question = self.house.question(case, self.new_id(), self.new_reference()) if asked else None
        return Record(case, verdict, opening, narrate(case, verdict), policy.digest, keep, decision.facts, question)

    async def _answering(self, record: Record) -> Record:
        """A primary's answer with what it does, so that both are committed together. Raises Unavailable (I9)."""
        said, asked = answered(record.case, record.verdict), record.case.confirmation
        if said is None or asked is None:
            return record
        held = await self.archive.held(asked.message_id) if said is State.CONFIRMED else None
        if held is None or held.reason not in CONFIRMABLE:  # a person has judged it meanwhile, or it is denied
            return replace(record, answer=Said(asked, said))
        taken_on = override(asked.account, held.reason)
        return replace(record, answer=Said(asked, said, (await self.examine(held.arrival, taken_on), taken_on)))

    async def _gather(self, arrival: Arrival, override: Override | None) -> Case:
        size = len(arrival.raw)
        paths = recipients(arrival)
        bounced = await self._bounced(paths)
        null = arrival.envelope is not None and arrival.envelope.reverse_path is None
        reading = partial(parse, arrival.raw, returned=null or bounced is not None)
        parsed = await asyncio.to_thread(reading) if size > PARSED_HERE else reading()
        if not isinstance(parsed, Message):
            return Case(arrival, parsed, bounced=bounced, override=override)
        header = evidence_from(parsed.fields, parsed.author, arrival.origin.trusted_ids, arrival.origin.inside)
        border_spoke = header.source is Source.HEADER
        distrust = await self._distrust(arrival, parsed.envelope)
        if isinstance(parsed.envelope, Envelope) and not distrust:  # from here on it is what the envelope carries
            header, parsed = proof(parsed.envelope, header), carried(parsed, parsed.envelope)
            if not isinstance(parsed, Message):
                return Case(arrival, parsed, evidence=header, bounced=bounced, override=override)
        # The same look-ups for every author, known or not: what they find is used only after the evidence (I10).
        accounts = await self.book.registered(parsed.author)
        about_what = partial(self._named, parsed, paths)
        names, claimed = await asyncio.to_thread(about_what) if size > NAMED_HERE else about_what()
        mentions = await self._mentions(claimed)
        holders = await self.book.holders(names.keys)
        evidence, scan = await self._looked_into(arrival, parsed, header)
        # Asked for whoever is proved, registered or not, and for who is judged by a person (I10).
        told = evidence.aligned or override is not None
        resembled = await self.book.resembling(parsed.author, parsed.in_name) if told else ()
        hostname = self.house.hostname
        ours = is_own_message_id(parsed.header.message_id, hostname) or bears_our_mark(parsed.fields, hostname)
        return Case(
            arrival,
            parsed,
            sender=Sender(parsed.author, accounts),
            evidence=evidence,
            border_spoke=border_spoke,
            mentions=mentions,
            named=names,
            about=about(names, holders),
            resembled=resembled,
            scan=scan,
            from_ourselves=ours or self.house.served.is_own(parsed.author),
            confirmation=await self._confirmation(claimed),
            canary=await self._is_canary(parsed.header.subject),
            distrust=distrust,
            override=override,
        )

    def _named(self, message: Message, paths: tuple[str, ...]) -> tuple[Named, tuple[Claim, ...]]:
        """What the message says it is about: names, and tickets."""
        details = self.house.served.details(paths)
        reading = read(message, self.house.policy.about)
        names = named(reading, message.author)
        claimed = claims(message.header.subject, message.references, details, self.house.hostname, reading.text)
        if len(claimed) > MENTIONS:
            names = replace(names, beyond=f"over {MENTIONS} references")
        return names, claimed[:MENTIONS]

    async def _bounced(self, paths: tuple[str, ...]) -> str | None:
        """The outbox row that the recipient's token names, whatever the message says."""
        details = self.house.served.bounce_details(paths)
        if not details:
            return None
        keys = await self.keys.keyring()
        rows = (bounced_row(keys, detail) for detail in details)
        return next((row for row in rows if row), None)

    async def _is_canary(self, subject: str) -> bool:
        mark = mark_in(subject)
        return mark is not None and mark.sealed_by(await self.keys.keyring())

    async def _looked_into(self, arrival: Arrival, message: Message, header: Evidence) -> tuple[Evidence, Scan | None]:
        """Evidence and scan at the same time; scanned is whatever has an author, whoever that is (I10)."""
        checking = self._evidence(arrival, message, header)
        if self.scanner is None:
            return await checking, None
        return await asyncio.gather(checking, self.scanner.scan(arrival))

    async def _distrust(self, arrival: Arrival, envelope: Envelope | str | None) -> str:
        """Why what calls itself a PEC envelope is not believed. Raises Unavailable where that cannot be said now."""
        if not isinstance(envelope, Envelope):
            return envelope or ""
        if self.seals is None:
            return "no pec.ca_file is configured to verify its seal with"
        if not self.house.served.certified_to_us(envelope.recipients):
            return "daticert.xml names no recipient of ours: it was sent to somebody else"  # who may send it on
        return await self.seals.doubt(envelope.seal, arrival.at)

    async def _evidence(self, arrival: Arrival, message: Message, header: Evidence) -> Evidence:
        """The border's word, and our own checks where it wants them. Raises Unavailable where they are needed."""
        if header.source is Source.PEC:
            return header  # the mailbox itself is proved, and of its domain nothing is asked
        wanted = leaves_open(header) or (self.house.verify_always and header.aligned)
        own = await self.authenticator.check(arrival, message) if wanted else None
        found = combine(header, own)
        if isinstance(found, Undecided):
            raise Unavailable(f"the author's domain cannot be checked now: {found.evidence.detail}")  # I9
        return graded(found, message.author.domain, self.house.shared_domains)

    async def _mentions(self, claimed: tuple[Claim, ...]) -> tuple[Mention, ...]:
        if not claimed:
            return ()
        keys = await self.keys.keyring()
        found = await self.desk.tickets([claim.reference for claim in claimed])
        tickets = {ticket.reference: ticket for ticket in found}

        def counts(claim: Claim) -> bool:
            """A token that is bad, or is of no ticket, changes nothing and says nothing; a tag has none to be bad."""
            ticket = tickets.get(claim.reference)
            return not claim.token if ticket is None else holds(claim, keys, ticket.account_id)

        return tuple(
            Mention(claim.reference, claim.found, tickets.get(claim.reference)) for claim in claimed if counts(claim)
        )

    async def _confirmation(self, claimed: tuple[Claim, ...]) -> Confirmation | None:
        """The question that the message has the token of; who names two may have been lent one, and has none."""
        in_thread = [claim for claim in claimed if claim.found in THREAD]
        if len({claim.reference for claim in in_thread}) != 1:
            return None
        asked = await self.desk.confirmation(in_thread[0].reference)
        if asked is None:
            return None
        keys = await self.keys.keyring()
        good = any(holds_question(claim, keys, asked.message_id, asked.account) for claim in in_thread)
        return asked if good else None

    def _opening(self, verdict: Verdict, message: Message) -> Opening | None:
        if isinstance(verdict, Refuse):
            return None
        subject = ticket_subject(message.header.subject)
        reference = verdict.ticket.reference if verdict.ticket else self.new_reference()
        route = replace(verdict.route, queue=verdict.route.queue or self.house.policy.queue)
        return Opening(verdict, message, reference, subject, route, self._told(verdict, reference, subject, message))

    def _told(self, admitted: Admitted, reference: str, subject: str, message: Message) -> Reply | None:
        """What the account is told at once: the answer that a rule names, or that a ticket was opened."""
        account = admitted.account
        if account is None or (admitted.ticket is not None and not admitted.answer):
            return None
        kind = Kind.ANSWER if admitted.answer else Kind.OPENED
        words = self.house.words(admitted.answer or kind, account, reference, subject)
        return Reply(self.new_id(), account.id, reference, kind, words, reflectable((message.header.message_id,)))


def _tell_answer(answer: Said, arrival: Arrival) -> None:
    """What a primary said, and what became of the message that was held."""
    outcome = answer.release[0].verdict.disposition.value if answer.release else ""
    account, message = answer.confirmation.account.code, answer.confirmation.message_id
    event = f"confirmation.{answer.said}"
    log.info(event, message=message, account=account, answer=arrival.id, disposition=outcome)


def _tell(record: Record, verdict: Verdict, ticket: str | None) -> None:
    """One line a decision, after the commit."""
    arrival, sender = record.case.arrival, record.case.sender
    event = f"message.{verdict.disposition}"
    log.info(
        event,
        message=arrival.id,
        ingress=arrival.origin.ingress,
        peer=arrival.origin.peer,
        message_id=record.case.parsed.header.message_id,
        size=len(arrival.raw),
        author=sender.author.domain if sender else "",
        account=verdict.account.code if isinstance(verdict, Accept) else "",
        reason=verdict.reason.value,
        rule=verdict.rule,
        ticket=ticket or "",
    )
