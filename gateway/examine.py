"""Stations 2 to 6 of one message: parse, ask, decide. It changes nothing, so any process may do it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.core.account import Sender
from gateway.core.arrival import Arrival
from gateway.core.canary import mark_in
from gateway.core.case import Case, Mention, Override
from gateway.core.committed import Opening, Record
from gateway.core.confirm import asks
from gateway.core.confirmation import Confirmation
from gateway.core.counting import counters
from gateway.core.decide import decide
from gateway.core.evidence import Evidence, Source
from gateway.core.judge import Undecided, combine, leaves_open
from gateway.core.letter import bears_our_mark, reflectable
from gateway.core.mentions import Named, about, named, read
from gateway.core.message import Envelope, Message
from gateway.core.parse import parse, unreadable
from gateway.core.pec import carried, proof
from gateway.core.providers import graded
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
from gateway.core.report_case import told_apart
from gateway.core.scan import Scan
from gateway.core.ticket import ticket_subject
from gateway.core.trace import narrate
from gateway.core.verdict import Admitted, Defer, Refuse, Verdict
from gateway.core.vouch import evidence_from
from gateway.house import House
from gateway.ports import AddressBook, Archive, Authenticator, Desk, Keys, Scanner, Seals, Unavailable


@dataclass(frozen=True, slots=True)
class Examiner:
    """Finds out everything that one transaction then writes down."""

    house: House
    book: AddressBook
    desk: Desk
    keys: Keys
    archive: Archive
    authenticator: Authenticator
    new_id: Callable[[], str]
    new_reference: Callable[[], str]
    scanner: Scanner | None = None
    seals: Seals | None = None
    """What PEC envelopes are verified with, where that is configured."""

    async def __call__(self, arrival: Arrival, override: Override | None = None, unread: str = "") -> Record:
        """Everything up to the commit; changes nothing. Raises Unavailable (I9). `unread`: why it is not parsed."""
        case = told_apart(await self._gather(arrival, override, unread))
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

    async def _gather(self, arrival: Arrival, override: Override | None, unread: str) -> Case:
        if unread:
            return Case(arrival, unreadable(arrival.raw, unread), override=override)
        paths = recipients(arrival)
        bounced = await self._bounced(paths)
        null = arrival.envelope is not None and arrival.envelope.reverse_path is None
        parsed = parse(arrival.raw, returned=null or bounced is not None)
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
        names, claimed = self._named(parsed, paths)
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
