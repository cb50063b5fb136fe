"""Rules on the way of a message: what they refuse, route and answer, and that only the primary hears of it (R4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.config import shipped
from gateway.config.policies import load_policies
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA, Facts
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.rule import Filing, Hold, Postponement, Priority, Refusal, Route, Rule
from gateway.core.verdict import Defer
from house import ROSSI, letter


def policy(*rules):
    return Policy(rules=rules, digest="d")


def when(condition, stop=None, route=None, answer=""):
    return Rule("own", "own.yaml:3", compile_condition(condition, SCHEMA), stop, route or Route(), answer)


async def test_a_rule_routes_a_new_ticket(gateway):
    route = Route("administrative", "Anna", ("billing",), Priority.HIGH)
    await gateway.ruled(policy(when("true", route=route))).receive(letter())
    (ticket,) = gateway.tickets
    assert {name: ticket[name] for name in ("queue", "assignee", "tags", "priority")} == {
        "queue": "administrative",
        "assignee": "Anna",
        "tags": ["billing"],
        "priority": "high",
    }


async def test_without_a_rule_the_policys_queue_and_normal_priority(gateway):
    await gateway.receive(letter())
    (ticket,) = gateway.tickets
    assert (ticket["queue"], ticket["priority"], ticket["tags"]) == ("technical", "normal", [])


async def test_an_answer_stands_in_for_the_acknowledgement_and_goes_to_the_primary(gateway):
    """One letter, of the account of the ticket, whoever of it wrote (R4, R8)."""
    await gateway.ruled(policy(when("true", answer="panel-required"))).receive(letter())
    (row,) = gateway.outbox
    assert (row["kind"], row["account"]) == ("answer", ROSSI)


async def test_an_answer_is_given_once_in_a_ticket(gateway):
    """A follow-up that asks again is not answered without bound (I6)."""
    ruled = gateway.ruled(policy(when("true", answer="panel-required")))
    receipt = await ruled.receive(letter())
    for number in range(3):
        await ruled.receive(letter(subject=f"[#{receipt.ticket}] e allora?", message_id=f"f{number}@rossi.example"))
    assert [row["kind"] for row in gateway.outbox] == ["answer"]


async def test_a_follow_up_may_be_the_first_to_be_answered(gateway):
    """What asks for a transfer in a ticket about something else."""
    ruled = gateway.ruled(policy(when('subject.contains("trasferire")', answer="panel-required")))
    receipt = await ruled.receive(letter())
    await ruled.receive(letter(subject=f"[#{receipt.ticket}] vorrei trasferire", message_id="f@rossi.example"))
    assert [row["kind"] for row in gateway.outbox] == ["opened", "answer"]


async def test_a_rule_holds_what_would_be_let_in(gateway):
    """By the reason `policy`, and the rule's place; nothing is sent."""
    stop = Refusal(Disposition.QUARANTINE, Hold(timedelta(days=3), "security"))
    receipt = await gateway.ruled(policy(when("true", stop))).receive(letter())
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"], found["rule"]) == ("quarantine", "policy", "own.yaml:3 own")
    assert receipt.verdict.hold == Hold(timedelta(days=3), "security")
    assert (gateway.tickets, gateway.outbox) == ([], [])


async def test_a_postponed_message_is_not_written_down(gateway):
    """The peer keeps it: 451, or it stays in its mailbox."""
    receipt = await gateway.ruled(policy(when("true", Postponement()))).receive(letter())
    assert isinstance(receipt.verdict, Defer)
    assert (gateway.messages, gateway.tickets) == ([], [])


async def test_a_strangers_question_is_a_ticket_without_account(gateway):
    """R2, R11: filed, answered to nobody, closed without a word; its reference is no way in for anybody."""
    ruled = gateway.ruled(policy(when("true", Filing(), Route(tags=("enquiry",)))))
    receipt = await ruled.receive(letter("eve@attack.example"))
    (ticket,) = gateway.tickets
    assert (ticket["account"], ticket["tags"], ticket["ref"]) == (None, ["enquiry"], receipt.ticket)
    shown = gateway.ticket(receipt.ticket)
    assert shown["primary_working"] is None
    assert [entry["by"] for entry in shown["history"]] == ["eve@attack.example"]
    assert gateway.message(receipt.id)["reason"] == "enquiry"
    assert gateway.outbox == []
    follow = await ruled.receive(letter(subject=f"[#{receipt.ticket}] Re", message_id="f@rossi.example"))
    assert follow.verdict.reason is Reason.TICKET_OF_ANOTHER_ACCOUNT


@pytest.mark.parametrize("dmarc", ["fail", "none", ""])
async def test_who_is_not_proved_files_nothing(gateway, dmarc):
    """Evidence first: a forger of a stranger is a forger."""
    ruled = gateway.ruled(policy(when("true", Filing())))
    receipt = await ruled.receive(letter("eve@attack.example", dmarc=dmarc))
    assert receipt.verdict.reason is Reason.UNAUTHENTICATED
    assert gateway.tickets == []


async def test_the_facts_are_kept_with_the_message(gateway):
    """So that another policy can be tried on it."""
    receipt = await gateway.receive(letter(subject="Dominio"))
    row = gateway.facts(receipt.id)
    known = Facts.from_record(row)
    assert (known.reason, known.subject, known.account.code) == ("registered", "Dominio", ROSSI)
    assert known.record() == row


async def test_a_program_behind_a_hundred_files_is_seen(gateway):
    """The strict set holds it, though the record has no room for its name."""
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    names = [*(f"foto {number}.jpg" for number in range(100)), "fattura.pdf.exe"]
    parts = "".join(f'--b\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nx\r\n' for name in names)
    raw = letter(more=more, text=f"--b\r\n\r\nBuongiorno.\r\n{parts}--b--")
    raw = raw.replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"\r\n", 1)
    receipt = await gateway.ruled(load_policies(shipped("policies/strict"))).receive(raw)
    assert gateway.message(receipt.id)["rule"].endswith(" programs")
    kept = Facts.from_record(gateway.facts(receipt.id))
    assert (kept.cut, kept.attachment_count, kept.attachments[-1].extension) == (True, 101, "jpg")
