"""Facts: what a policy may know, and what it may not."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.core.account import Account, Language, Sender, Service, Standing
from gateway.core.address import Address
from gateway.core.arrival import Arrival, Envelope, Origin, Path, Position
from gateway.core.case import Case, Mention, Override, TicketFact
from gateway.core.evidence import Assurance, Evidence, Result, Source
from gateway.core.expression import compile_condition
from gateway.core.facts import OCTETS, SCHEMA, Facts, facts
from gateway.core.message import Attachment, Body, DeliveryReport, Header, Malformed, Message, Report, Robot
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
from gateway.core.rates import RateLimits, Rates
from gateway.core.reason import Reason
from gateway.core.reference import Found
from gateway.core.scan import Clean, Infected, NotScanned

AUTHOR = Address("Tecnico", "rossi.example")
ROSSI = Account(1, "ROSSI-001", "Rossi S.r.l.", Language.IT, Standing.ACTIVE, AUTHOR)
BIANCHI = Account(2, "BIANCHI-001", "Bianchi", Language.EN, Standing.SUSPENDED, AUTHOR)
PROOF = Evidence(Source.HEADER, Assurance.DOMAIN, Result("pass", "a.example"), (), Result("pass", "rossi.example"))
ROMES = timezone(timedelta(hours=1))
ARRIVAL = Arrival(
    "A1",
    b"x" * 1234,
    Envelope(Path("a@b.example"), (Path("support@example.it"), Path("support+x@example.it"))),
    Origin("from-mta", Position.EDGE, "192.0.2.1"),
    datetime(2026, 11, 23, 0, 30, tzinfo=ROMES),
)
OWN, OTHERS, NONE = (
    Mention("00000-00001", Found.TAG, TicketFact(7, "00000-00001", 1)),
    Mention("00000-00002", Found.TAG, TicketFact(8, "00000-00002", 2)),
    Mention("00000-00003", Found.TAG, None),
)
SERVICES = (Service(1, "domain", "rossi.example", "ROSSI-001"), Service(2, "vps", "VPS-1", "BIANCHI-001"))


def message(**changes):
    from_field = changes.pop("from_field", b"Anna <Tecnico@rossi.example>")
    header = Header(changes.pop("subject", "Il sito della ditta"), "m1@rossi.example")
    body = Body(changes.pop("text", "Buongiorno."), "gestern", "", changes.pop("attachments", ()))
    plain = Message(header, AUTHOR, (), body, None, 3, (("from", from_field),))
    return replace(plain, **changes)


def case(parsed=None, **changes):
    sender = Sender(AUTHOR, (ROSSI,))
    full = Case(ARRIVAL, parsed or message(), sender, PROOF, mentions=(OTHERS, OWN), about=SERVICES)
    return replace(full, **changes)


def test_the_facts_of_a_customer_s_message():
    """Everything at once, in the words of the field."""
    assert facts(case(rates=Rates(1, 2, 3, 4, 5, 6)), Reason.REGISTERED) == Facts(
        reason="registered",
        author=AuthorFacts("Tecnico@rossi.example", "Tecnico", "rossi.example", "Anna"),
        account=AccountFacts("ROSSI-001", "Rossi S.r.l.", "it", "active"),
        evidence=EvidenceFacts("header", "domain", "pass", "", "pass"),
        ticket=TicketFacts("00000-00001", own=True),
        services=(ServiceFacts("domain", "rossi.example", own=True), ServiceFacts("vps", "VPS-1")),
        size=1234,
        subject="Il sito della ditta",
        text_size=11,
        language="it",
        ingress=IngressFacts("from-mta", "edge", "192.0.2.1"),
        recipients=("support@example.it", "support+x@example.it"),
        hops=3,
        time=TimeFacts(23, 7, "2026-11-22T23:30:00.000000Z"),
        rates=Rates(1, 2, 3, 4, 5, 6),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": Evidence(Source.HEADER, Assurance.NONE, dmarc=Result("fail", "rossi.example"))},
        {"sender": Sender(AUTHOR, ())},
        {"sender": Sender(AUTHOR, (ROSSI, BIANCHI))},
        {"sender": None},
    ],
    ids=["unproved", "a stranger", "several accounts", "nobody"],
)
def test_who_is_no_proved_customer_is_told_nothing_of_accounts(changes):
    """Threats rule 1, I10: with accounts, tickets and services there or not, the facts are the same."""
    known = facts(case(**changes))
    assert (known.account, known.ticket, known.services) == (AccountFacts(), TicketFacts(), ())
    assert known == facts(case(**changes, mentions=(), about=()))


def test_the_forger_of_a_customer_and_of_nobody_are_alike():
    """I10: without proof no fact depends on who is registered."""
    forged = {"evidence": Evidence()}
    assert facts(case(**forged)) == facts(case(**forged, sender=Sender(AUTHOR, ()), mentions=(), about=()))


def test_what_an_operator_has_taken_on_is_proved():
    """A released message has the facts of the account that it is released for."""
    both = {"evidence": Evidence(), "sender": Sender(AUTHOR, (ROSSI, BIANCHI))}
    override = Override("anna", frozenset({Reason.UNAUTHENTICATED}), "BIANCHI-001")
    assert facts(case(**both, override=override)).account.code == "BIANCHI-001"
    assert facts(case(**both, override=replace(override, reasons=frozenset({Reason.BULK})))).account.code == ""
    assert facts(case(**both, override=replace(override, account=None))).account.code == ""


def test_another_s_ticket_and_no_ticket_are_alike():
    """I10: only the reference that the message itself has written."""
    assert facts(case(mentions=(OTHERS,))).ticket == TicketFacts("00000-00002", own=False)
    assert facts(case(mentions=(NONE,))).ticket == TicketFacts("00000-00003", own=False)
    assert facts(case(mentions=())).ticket == TicketFacts()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"Anna <a@b.example>", "Anna"),
        (b'"Rossi, Anna" <a@b.example>', "Rossi, Anna"),
        (b"=?utf-8?q?Nicol=C3=B2?=\r\n <a@b.example>", "Nicolò"),
        (b"<a@b.example>", ""),
        (b"a@b.example", ""),
        (b"a@b.example <a@b.example>", "a@b.example"),
    ],
)
def test_the_display_name_is_decoded(value, name):
    """As a reader sees it, on one line."""
    assert facts(case(message(from_field=value))).author.name == name


def test_a_shared_provider_is_one_of_ours_or_of_the_operator_s():
    """Threats rule 8."""
    at = {"parsed": message(author=Address("a", "gmail.com"))}
    assert facts(case(**at)).author.shared
    assert not facts(case()).author.shared
    assert facts(case(), shared_domains=frozenset({"rossi.example"})).author.shared


@pytest.mark.parametrize(
    ("signatures", "word"),
    [((), ""), (("fail",), "fail"), (("fail", "pass", "none"), "pass")],
)
def test_of_several_signatures_a_good_one_is_told(signatures, word):
    """RFC 8601 words; whether it counts is what `assurance` says."""
    evidence = replace(PROOF, dkim=tuple(Result(one, "a.example") for one in signatures))
    assert facts(case(evidence=evidence)).evidence.dkim == word


@pytest.mark.parametrize(
    ("changes", "automatic"),
    [
        ({}, False),
        ({"parsed": message(automatic=Robot(Reason.BULK, "a mailing"))}, True),
        ({"parsed": DeliveryReport(Header(), Report())}, True),
        ({"parsed": Malformed(Header(), Reason.MALFORMED_AUTHOR, "two")}, False),
        ({"arrival": replace(ARRIVAL, envelope=Envelope(None, ()))}, True),
        ({"arrival": replace(ARRIVAL, envelope=None)}, False),
    ],
)
def test_what_a_program_wrote_is_automatic(changes, automatic):
    """RFC 3834, and the null reverse-path of RFC 5321 §4.5.5."""
    assert facts(case(**changes)).automatic is automatic


def test_a_message_that_continues_others_is_a_reply():
    """By In-Reply-To and References, whatever the subject says."""
    assert facts(case(message(references=("a@b.example",)))).reply
    assert not facts(case(message(subject="Re: Il sito"))).reply


def test_what_the_words_ask_for_is_told_with_them():
    """R8: the intents, and the words that say so."""
    known = facts(case(message(subject="Dominio", text="Vorrei cambiare i DNS e mi serve il codice auth.")))
    assert known.intent == ("dns-change", "auth-code")
    assert known.intent_words == ("cambiare i DNS", "mi serve il codice auth")


def test_what_did_not_parse_has_facts_too():
    """Total: the subject is there, the author is not."""
    known = facts(case(Malformed(Header("Il sito"), Reason.MALFORMED_AUTHOR, "two"), sender=None))
    assert (known.subject, known.author, known.size) == ("Il sito", AuthorFacts(), 1234)


@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (None, ("", "")),
        (Clean(), ("clean", "")),
        (Infected("Eicar"), ("infected", "Eicar")),
        (NotScanned("large"), ("not-scanned", "")),
    ],
)
def test_what_a_scanner_says(scan, words):
    """Nothing where there is none."""
    known = facts(case(scan=scan))
    assert (known.scan, known.virus) == words


@pytest.mark.parametrize(
    ("filename", "extension"),
    [
        ("a.pdf", "pdf"),
        ("a.pdf.EXE ", "exe"),
        ("exe", ""),
        (".profile", "profile"),
        ("a.", ""),
        ("a.exe.", "exe"),
        ("a.exe . .", "exe"),
        ("...", ""),
    ],
)
def test_the_last_extension_is_the_one_that_opens_it(filename, extension):
    """In small letters, without what stands around it."""
    file = Attachment(filename, "application/pdf", 5, "", inline=False, sniffed="text/html")
    (known,) = facts(case(message(attachments=(file,)))).attachments
    assert known == AttachmentFacts(filename.strip(), extension, "application/pdf", "text/html", 5)


def test_facts_come_back_from_json_as_they_were():
    """A policy of next year reads what was kept this year."""
    known = facts(case(message(attachments=(Attachment("a.pdf", "x/y", 5, "", inline=True),))), Reason.REGISTERED)
    assert Facts.from_record(json.loads(json.dumps(known.record()))) == known
    assert Facts.from_record({}) == Facts()


@pytest.mark.parametrize("letter", ['"', "a", "è", "🦉", "\u202e", "漢"])
def test_a_record_is_bounded_whatever_the_mail(letter):
    """Every text and list as long as can be, and more: what does not fit is cut, and `cut` says so."""
    long, file = letter * 300, Attachment(letter * 150, letter * 100, 2**40, "", inline=True, sniffed="x")
    author = Address(letter * (64 // len(letter.encode())), ("a" * 60 + ".") * 4 + "example")
    asks = "Vorrei cambiare i DNS. Vorrei trasferire il dominio e cancellare l'account."
    huge = case(
        message(
            text=f"{asks} Mi serve il codice auth {long} e la password. Vorrei cambiare la password.",
            author=author,
            subject=long,
            attachments=(file,) * 2000,
            from_field=long.encode() + b"<a@b.example>",
        ),
        sender=Sender(author, (replace(ROSSI, code=long, name=long),)),
        evidence=replace(PROOF, spf=Result(long), dkim=(Result(long),), dmarc=Result(long)),
        arrival=Arrival(
            "A1",
            b"",
            Envelope(None, tuple(Path(f"{letter * 16}{number}@{'a' * 200}") for number in range(100))),
            Origin(long, Position.BEHIND_MTA, long),
            datetime(2026, 11, 23, tzinfo=UTC),
        ),
        about=tuple(Service(1, long, f"{number}{long}") for number in range(5000)),
        scan=Infected(long),
    )
    known = facts(replace(huge, rates=Rates(*[2**40] * 6)), Reason.SERVICE_OF_ANOTHER_ACCOUNT)
    most = tuple(sorted((one.name for one in fields(RateLimits)), key=len)[-4:])  # no message counts against more
    known = replace(known, stations=StationFacts(Reason.SERVICE_OF_ANOTHER_ACCOUNT.value, folds=False, limits=most))
    assert len(json.dumps(known.record())) < OCTETS
    kept = Facts.from_record(known.record())
    assert (kept.cut, kept.attachment_count, len(kept.intent) > 2, kept.record()) == (True, 2000, True, known.record())
    assert (known.cut, len(known.attachments), len(known.services)) == (False, 2000, 5000)


def test_what_fits_is_not_called_cut():
    """Twenty files of a usual name, and a subject with accents."""
    files = tuple(Attachment(f"fattura {number}.pdf", "application/pdf", 5, "", inline=False) for number in range(10))
    known = facts(case(message(attachments=files, subject="perché è così " * 20)))
    kept = Facts.from_record(known.record())
    assert (kept.cut, len(kept.attachments), kept) == (False, 10, known)


def test_rules_are_tried_on_what_a_record_has_no_room_for():
    """A stranger hides no attachment behind others: what is cut is cut after the rules were asked."""
    small = Attachment("a.txt", "text/plain", 5, "", inline=False)
    known = facts(case(message(attachments=(*[small] * 1999, replace(small, filename="invoice.exe")))))
    assert compile_condition('attachments.exists(a, a.extension == "exe")', SCHEMA).holds(known.values())
    assert len(Facts.from_record(known.record()).attachments) < 100
