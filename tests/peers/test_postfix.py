"""The gateway between two real Postfixes: mail comes from the border by SMTP and LMTP, and leaves by the smarthost."""

from __future__ import annotations

from contextlib import closing
from email.utils import parseaddr

import pytest

from e2e.border import letter, new_id
from e2e.process import Gateway
from e2e.waiting import until
from peers.town import Town

pytestmark = pytest.mark.peers

PRIMARY = "amministrazione@rossi.example"
SECONDARY = "tecnico@rossi.example"
SUPPORT = "support@example.it"
BY_SMTP_AND_LMTP = pytest.mark.parametrize("recipient", [SUPPORT, "assistenza@example.it"], ids=["smtp", "lmtp"])


@BY_SMTP_AND_LMTP
@pytest.mark.parametrize("author", [PRIMARY, SECONDARY])
def test_a_customer_gets_a_ticket_and_its_primary_one_acknowledgement(
    town: Town, gateway: Gateway, author: str, recipient: str
) -> None:
    """R1, R4, R5: whichever of the account's addresses wrote, the primary is told, once, by its bare address."""
    town.border.submit(letter(author).encode(), author, recipient)
    (acknowledgement,) = town.mailboxes.wait_for(1)
    (ticket,) = gateway.records("tickets", "list")
    rows = until(lambda: settled(gateway), "an outbox with nothing due")
    assert (ticket["account"], ticket["status"]) == ("ROSSI-001", "open")
    assert [(row["ticket"], row["state"], row["recipient"]) for row in rows] == [(ticket["ref"], "delivered", PRIMARY)]
    assert (acknowledgement.forward_paths, acknowledgement.message["To"]) == ((PRIMARY,), PRIMARY)
    assert ticket["ref"] in acknowledgement.message["Subject"]
    assert (len(town.mailboxes.letters), town.elsewhere.letters, town.border.queue()) == (1, [], [])


def test_nothing_in_a_message_chooses_a_recipient(town: Town, gateway: Gateway) -> None:
    """R4, I1: not Reply-To, Cc, Sender, Return-Path, nor the reverse-path of an authenticated message."""
    eve = "eve@attack.example"
    fields = f"Cc: {eve}\r\nSender: {eve}\r\nReturn-Path: <{eve}>\r\nErrors-To: {eve}\r\n"
    data = letter(SECONDARY, reply_to=eve, fields=fields).encode()
    town.border.submit(data, "mailer@attack.example", SUPPORT)
    (acknowledgement,) = town.mailboxes.wait_for(1)
    assert acknowledgement.forward_paths == (PRIMARY,)
    assert b"attack.example" not in acknowledgement.data
    assert town.elsewhere.letters == []


@BY_SMTP_AND_LMTP
def test_strangers_get_no_mail(town: Town, gateway: Gateway, recipient: str) -> None:
    """R2, I5: the messages are kept, the outbox stays empty, and the border has nothing to bounce."""
    for reverse_path, author in (
        ("who@stranger.example", "who@stranger.example"),
        ("comune@shared.example", "comune@shared.example"),
        ("eve@attack.example", SECONDARY),
        ("eve@silent.example", SECONDARY),
    ):
        town.border.submit(letter(author).encode(), reverse_path, recipient)
        town.border.idle()
    records = gateway.records("messages", "list")
    reasons = [record["reason"] for record in records]
    assert reasons == ["unregistered", "ambiguous-account", "unauthenticated", "unauthenticated"]
    assert {record["disposition"] for record in records} <= {"quarantine", "reject"}
    assert gateway.records("outbox", "list") == gateway.records("tickets", "list") == []
    assert town.elsewhere.letters == town.mailboxes.letters == []


def test_a_finding_that_the_stranger_wrote_counts_as_nothing(town: Town, gateway: Gateway) -> None:
    """Threats rule 5: the border's id below the border's Received is the stranger's own writing."""
    forged = "Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
    town.border.submit(letter(SECONDARY, fields=forged).encode(), "eve@silent.example", SUPPORT)
    town.border.idle()
    (record,) = gateway.records("messages", "list")
    assert record["reason"] == "unauthenticated"


def test_the_border_is_never_given_a_5xx_to_bounce(town: Town, gateway: Gateway) -> None:
    """Threats rule 12, I5: whatever is wrong with a message, behind an MTA the answer is 250."""
    for data in (
        f"From: {SECONDARY}\r\nFrom: {PRIMARY}\r\nSubject: two fields\r\n\r\nx\r\n",
        f"From: {SECONDARY}, {PRIMARY}\r\nSubject: two authors\r\n\r\nx\r\n",
        "From: <\r\nSubject: half an author\r\n\r\nx\r\n",
        "Subject: no author\r\n\r\nx\r\n",
        f"From: {SECONDARY}\r\nAuto-Submitted: auto-replied\r\nSubject: away\r\n\r\nx\r\n",
        f"From: {SECONDARY}\r\nContent-Type: multipart/mixed; boundary=b\r\nSubject: no part\r\n\r\n--b\r\n",
        f"From: {SECONDARY}\r\nSubject: a long line\r\n\r\n{'x' * 20_000}\r\n",
    ):
        town.border.submit(data.encode(), "victim@stranger.example", SUPPORT, "assistenza@example.it")
    town.border.idle()
    assert len(gateway.records("messages", "list")) == 14
    assert town.elsewhere.letters == town.mailboxes.letters == []


def test_an_answer_of_staff_goes_to_the_primary(town: Town, gateway: Gateway) -> None:
    """R4: though the mail that is answered said Reply-To, and a secondary address wrote it."""
    reference = opened(town, gateway, reply_to="eve@attack.example")
    answer(gateway, reference, "Il rinnovo è già attivo.\n")
    said = town.mailboxes.wait_for(2)[1]
    assert said.forward_paths == (PRIMARY,)
    assert said.message["To"] == PRIMARY
    assert "Il rinnovo è già attivo." in said.message.get_content()
    assert b"attack.example" not in said.data


@pytest.mark.parametrize("author", [PRIMARY, SECONDARY])
def test_a_reply_to_our_mail_lands_in_its_ticket(town: Town, gateway: Gateway, author: str) -> None:
    """R9: In-Reply-To our Message-ID, with nothing in the subject, and to the plain address."""
    reference = opened(town, gateway)
    answer(gateway, reference, "Quale dominio?\n")
    said = town.mailboxes.wait_for(2)[1]
    reply = letter(author, subject="R: dominio", in_reply_to=said.message["Message-ID"])
    town.border.submit(reply.encode(), author, SUPPORT)
    town.border.idle()
    assert history(gateway, reference) == ["in", "out", "in"]


def test_mail_to_the_tickets_own_address_lands_in_it(town: Town, gateway: Gateway) -> None:
    """R9: the token in the plus-address is enough to find it; Reply-To of our mail is that address."""
    reference = opened(town, gateway)
    acknowledgement = town.mailboxes.wait_for(1)[0]
    own = parseaddr(acknowledgement.message["Reply-To"])[1]
    assert own.lower().startswith(f"support+{reference}.".lower())
    town.border.submit(letter(SECONDARY, subject="ancora").encode(), SECONDARY, own)
    town.border.idle()
    assert history(gateway, reference) == ["in", "in"]


def test_another_accounts_reply_opens_nothing(town: Town, gateway: Gateway) -> None:
    """R3, threats rule 9: a leaked address is worth nothing to an author of another account, and he is told nothing."""
    reference = opened(town, gateway)
    own = parseaddr(town.mailboxes.wait_for(1)[0].message["Reply-To"])[1]
    town.border.submit(letter("dev@smith.example").encode(), "dev@smith.example", own)
    town.border.idle()
    assert gateway.records("messages", "list")[-1]["reason"] == "ticket-of-another-account"
    assert history(gateway, reference) == ["in"]
    assert len(gateway.records("outbox", "list")) == 1


def test_lmtp_with_several_recipients_is_one_message(town: Town, gateway: Gateway) -> None:
    """RFC 2033 §4.2: each recipient has its reply, so the border has nothing left; the message is committed once."""
    paths = ["assistenza@example.it", "assistenza+a@example.it", "assistenza+b@example.it"]
    town.border.submit(letter(SECONDARY).encode(), SECONDARY, *paths)
    town.border.idle()
    (record,) = gateway.records("messages", "list")
    assert sorted(record["forward_paths"]) == sorted(paths)
    assert town.elsewhere.letters == []


@BY_SMTP_AND_LMTP
def test_mail_waits_while_the_gateway_is_down(town: Town, gateway: Gateway, recipient: str) -> None:
    """The border defers; when the gateway is back, the message comes once."""
    gateway.kill9()
    town.border.submit(letter(SECONDARY).encode(), SECONDARY, recipient)
    until(lambda: deferred(town), "a deferred message")
    gateway.start()
    town.border.idle()
    assert dispositions(gateway) == ["accept"]
    assert town.elsewhere.letters == []


@BY_SMTP_AND_LMTP
def test_mail_waits_while_the_database_is_locked(town: Town, gateway: Gateway, recipient: str) -> None:
    """I3, I9: 451 and nothing half done; afterwards the message comes, not lost and not twice."""
    with closing(gateway.database()) as other:
        other.execute("BEGIN EXCLUSIVE")
        town.border.submit(letter(SECONDARY).encode(), SECONDARY, recipient)
        until(lambda: "said: 451 4.3.0" in deferred(town), "a 451", 60)
        other.execute("ROLLBACK")
    town.border.idle(30)
    town.mailboxes.wait_for(1)
    assert dispositions(gateway) == ["accept"]
    assert len(gateway.records("tickets", "list")) == 1


def test_a_repetition_of_the_border_is_one_ticket(town: Town, gateway: Gateway) -> None:
    """I4: the same message handed over twice, as after a lost 250, is one ticket and one acknowledgement."""
    data = letter(SECONDARY, message_id=f"<{new_id()}>").encode()
    for _ in range(2):
        town.border.submit(data, SECONDARY, SUPPORT)
        town.border.idle()
    first, second = gateway.records("messages", "list")
    assert (first["disposition"], second["disposition"], second["reason"]) == ("accept", "discard", "duplicate")
    assert second["ticket"] == first["ticket"]
    assert len(gateway.records("outbox", "list")) == 1


def opened(town: Town, gateway: Gateway, reply_to: str = "") -> str:
    """The reference of a new ticket, when its acknowledgement has arrived."""
    town.border.submit(letter(SECONDARY, reply_to=reply_to).encode(), SECONDARY, SUPPORT)
    town.mailboxes.wait_for(1)
    return gateway.records("tickets", "list")[-1]["ref"]


def answer(gateway: Gateway, reference: str, text: str) -> None:
    """Staff write."""
    done = gateway.cli("tickets", "reply", reference, stdin=text)
    assert done.returncode == 0, done.stderr


def history(gateway: Gateway, reference: str) -> list[str]:
    """Who spoke in a ticket, in order. The acknowledgement is nobody's word."""
    entries = gateway.records("tickets", "show", reference)[0]["history"]
    return [entry["kind"] for entry in entries]


def settled(gateway: Gateway) -> list[dict[str, object]]:
    """The outbox, or nothing while something is due in it."""
    rows = gateway.records("outbox", "list")
    return [] if any(row["state"] in {"due", "deferred"} for row in rows) else rows


def dispositions(gateway: Gateway) -> list[str]:
    """What became of every message."""
    return [record["disposition"] for record in gateway.records("messages", "list")]


def deferred(town: Town) -> str:
    """Why the border still has what it has."""
    reasons = [one.get("delay_reason", "") for entry in town.border.queue() for one in entry["recipients"]]
    return " ".join(reasons)
