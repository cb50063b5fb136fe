"""Attacks by reference: a customer of another account, a stranger and a forger with what leaks of somebody's ticket.

Three keys are wanted (threats rule 9): the reference, an authenticated author, and that author's account being the
ticket's. `{ref}`, `{plus}` and `{id}` are the reference, its reply address and the Message-ID of a letter about it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from attacks.making import mail, stamped
from gateway.core.reference import message_token, ticket_token
from house import letter

JOHN = "john@smith.example"  # a customer, of another account
LEAKS = {
    "a # in the subject": ("Subject: #{ref}", "", None),
    "a tag": ("Subject: [#{ref}] il sito", "", None),
    "a tag behind Re:": ("Subject: Re: Re: [#{ref}] il sito", "", None),
    "a tag in small letters": ("Subject: [#{low}]", "", None),
    "a tag in an encoded word": ("Subject: =?utf-8?q?=5B=23{ref}=5D?=", "", None),
    "a tag over a fold": ("Subject: il sito\r\n [#{ref}]", "", None),
    "a tag among others": ("Subject: [#AAAAA-AAAAA] [x] [#{ref}]", "", None),
    "In-Reply-To": ("Subject: il sito", "In-Reply-To: <{id}>\r\n", None),
    "References": ("Subject: il sito", "References: <a@b.example> <{id}> <c@d.example>\r\n", None),
    "References over folds": ("Subject: il sito", "References: <a@b.example>\r\n <{id}>\r\n", None),
    "the reply address": ("Subject: il sito", "", "{plus}"),
    "the reply address in capitals": ("Subject: il sito", "", "{PLUS}"),
    "everything at once": ("Subject: [#{ref}]", "In-Reply-To: <{id}>\r\n", "{plus}"),
}


@dataclass
class Thread:
    """A ticket of ROSSI-001, and all that an attacker could have seen of it."""

    ref: str
    words: dict[str, str]

    def message(self, author, leak, *, domain=""):
        subject, more, to = leak
        raw = mail(f"From: {author}", subject=subject.format(**self.words), more=more.format(**self.words))
        passed = f"dmarc=pass header.from={domain or author.rpartition('@')[2]}"
        return stamped(raw, passed), (to or "support@example.it").format(**self.words)


@pytest.fixture
async def thread(gateway):
    ref = (await gateway.receive(letter())).ticket
    keys, account = gateway.keys, gateway.account("ROSSI-001")
    plus = f"support+{ref}.{ticket_token(keys, ref, account.id)}@example.it"
    own_id = f"{ref}.{message_token(keys, ref, account.id, 'B0000001')}@gateway.example.it"
    return Thread(ref, {"ref": ref, "low": ref.lower(), "id": own_id, "plus": plus, "PLUS": plus.upper()})


async def hand_over(gateway, raw, to):
    receipt = await gateway.receive(raw, forward_paths=(to,))
    found = gateway.message(receipt.id)
    return f"{found['disposition']} {found['reason']}", found["ticket"]


async def test_the_customer_gets_to_their_ticket_by_each(gateway, thread):
    """All three keys: so that the tests below fail for the one that is missing."""
    for name, leak in LEAKS.items():
        outcome = await hand_over(gateway, *thread.message("tecnico@rossi.example", leak))
        assert outcome == ("accept registered", thread.ref), name


@pytest.mark.parametrize(
    ("author", "domain", "reason"),
    [
        (JOHN, "smith.example", "ticket-of-another-account"),
        (JOHN, "attack.example", "unauthenticated"),
        ("eve@attack.example", "attack.example", "unregistered"),
        ("tecnico@rossi.example", "attack.example", "unauthenticated"),
    ],
    ids=["another customer", "a forger of another customer", "a stranger", "a forger"],
)
async def test_nobody_else_does_by_any(gateway, thread, author, domain, reason):
    """R3: held, with nothing said; the ticket keeps its one entry, and nobody is written to about it."""
    for name, leak in LEAKS.items():
        outcome = await hand_over(gateway, *thread.message(author, leak, domain=domain))
        assert outcome == (f"quarantine {reason}", None), name
    assert len(gateway.ticket(thread.ref)["history"]) == len(gateway.outbox) == 1


@pytest.mark.parametrize(
    ("subject", "more", "to"),
    [
        ("Subject: x", "Cc: {plus}\r\n", None),
        ("Subject: x", "X-Original-To: {plus}\r\nDelivered-To: {plus}\r\n", None),
        ("Subject: x", "Thread-Index: {ref}\r\nComments: [#{ref}]\r\n", None),
        ("Subject: {ref}", "", None),
        ("Subject: x", "In-Reply-To: <{ref}.aaaaaaaaaaaaaaaaaaaaaaaaaaB0000001@gateway.example.it>\r\n", None),
        ("Subject: x", "In-Reply-To: <x{id}>\r\n", None),
        ("Subject: x", "In-Reply-To: <{id}.attack.example>\r\n", None),
        ("Subject: x", "", "support+{ref}@example.it"),
        ("Subject: x", "", "support+{ref}.aaaaaaaaaaaaaaaaaaaaaaaaaa@example.it"),
    ],
)
async def test_what_names_no_ticket_opens_one_of_the_authors_own(gateway, thread, subject, more, to):
    """Headers that anybody writes, and tokens that are not ours, route nothing and say nothing."""
    raw, path = thread.message(JOHN, (subject, more, to))
    outcome, ticket = await hand_over(gateway, raw, path)
    assert ticket != thread.ref
    assert len(gateway.ticket(thread.ref)["history"]) == 1
    assert outcome == "accept registered"
