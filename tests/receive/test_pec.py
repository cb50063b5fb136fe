"""Certified mail through the whole gateway: what a good seal proves, and what everything else does not."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest

import house
from gateway.authentication.smime import Smime
from gateway.core.address import Address
from gateway.core.reference import make_reference
from gateway.core.verdict import Defer
from gateway.store import desk
from house import NOW, ROSSI, TRUSTED
from pec_signing import ANNA, MAIL, PROVIDER, ca_file, data, enveloped, parts, party, seal, wrapped


@pytest.fixture
def pec(tmp_path):
    """A gateway that believes one authority."""
    with house.gateway(tmp_path) as gateway:
        yield gateway.examining(seals=Smime(ca_file(tmp_path)))


async def fate(gateway, raw, **where):
    receipt = await gateway.receive(raw, **where)
    return gateway.message(receipt.id)


async def test_a_good_seal_proves_the_mailbox_of_the_sender_inside(pec):
    """The ticket holds what the customer wrote, and the bytes are kept whole (I12)."""
    raw = enveloped()
    found = await fate(pec, raw)
    assert (found["disposition"], found["author"], found["account"]) == ("accept", ANNA, ROSSI)
    assert (found["evidence"]["source"], found["evidence"]["assurance"]) == ("pec", "mailbox")
    assert found["subject"] == "Il sito non risponde"
    assert pec.raw(found["id"]) == raw
    [entry] = pec.ticket(found["ticket"])["history"]
    assert entry["text"] == "Buongiorno, il sito non è raggiungibile."
    assert entry["attachments"] == []
    assert PROVIDER in dict(found["trace"])["evidence"]


async def test_the_borders_word_about_the_provider_is_kept_and_decides_nothing(pec):
    """The proof is the seal: a forwarded envelope fails SPF, and is as good."""
    border = f"Authentication-Results: {TRUSTED}; dmarc=fail header.from=pec.example\r\nReceived: x\r\n"
    found = await fate(pec, border.encode() + enveloped())
    assert found["disposition"] == "accept"
    assert found["evidence"]["dmarc"] == {"result": "fail", "domain": "pec.example"}


async def test_the_answer_goes_to_the_primary_address_and_to_no_provider(pec):
    """R4."""
    await fate(pec, enveloped())
    [row] = pec.outbox
    account = pec.account(ROSSI)
    assert str(account["primary"] if isinstance(account, dict) else account.primary) == "amministrazione@rossi.example"
    assert row["account"] == ROSSI


async def test_the_same_seal_in_another_envelope_is_a_duplicate(pec):
    """Nothing of the envelope's header is signed: whoever writes it anew suppresses and repeats nothing (I4)."""
    raw = enveloped()
    first = await fate(pec, raw)
    again = await fate(pec, raw.replace(b"POSTA CERTIFICATA: Il", b"Altro: il").replace(b"opec1", b"opec2", 1))
    assert (again["disposition"], again["reason"], again["ticket"]) == ("discard", "duplicate", first["ticket"])


async def test_line_feeds_alone_are_what_was_signed_with_both(pec):
    """A pipe may hand over a mail with LF line ends; RFC 8551 §3.1.1 signs CRLF."""
    found = await fate(pec, enveloped().replace(b"\r\n", b"\n"))
    assert found["disposition"] == "accept"


async def test_a_certificate_of_the_provider_itself_may_be_trusted(pec, tmp_path):
    """The index of providers lists certificates; no authority is needed then."""
    pec.receiver.examine.seals._ca_file = ca_file(tmp_path, party())
    assert (await fate(pec, enveloped()))["disposition"] == "accept"


async def test_a_border_is_not_asked_for_an_account_of_the_provider(pec):
    """Without configuration an envelope is its provider's mail, and the trace says why."""
    plain = pec.examining(seals=None)
    border = f"Authentication-Results: {TRUSTED}; dmarc=pass header.from=pec.example\r\nReceived: x\r\n"
    found = await fate(plain, border.encode() + enveloped())
    assert found["author"] == PROVIDER
    assert found["disposition"] != "accept"
    assert "no pec.ca_file" in dict(found["trace"])["pec"]


@pytest.mark.parametrize("missing", ["ca", "openssl"])
async def test_what_cannot_be_verified_now_waits(pec, monkeypatch, missing):
    """I9: an envelope is neither believed nor refused while openssl or the file of authorities is away."""
    if missing == "ca":
        pec.receiver.examine.seals._ca_file.unlink()
    else:
        monkeypatch.setenv("PATH", "/nonexistent")
    raw = wrapped(parts(), b"x")
    receipt = await pec.receive(raw)
    assert isinstance(receipt.verdict, Defer)
    assert pec.messages == []


async def test_our_pec_mailbox_counts_as_us(pec):
    """Certified mail goes to a certified mailbox, which the recipients served need not know."""
    raw = enveloped(MAIL, data(ANNA, "assistenza@pec.example.it"))
    assert (await fate(pec, raw))["disposition"] != "accept"
    served = replace(pec.house.served, certified=(Address.parse("assistenza@pec.example.it"),))
    own = replace(pec.house, served=served)
    pec = pec.examining(house=own)
    assert (await fate(pec, raw))["disposition"] == "accept"


@pytest.mark.parametrize(
    "kind",
    [
        *("accettazione", "non-accettazione", "presa-in-carico", "avvenuta-consegna"),
        *("preavviso-errore-consegna", "errore-consegna", "rilevazione-virus"),
    ],
)
async def test_a_receipt_opens_no_ticket(pec, kind):
    """Not even for an account whose address it bears, and the record says which it was."""
    border = f"Authentication-Results: {TRUSTED}; dmarc=pass header.from=rossi.example\r\nReceived: x\r\n"
    raw = house.letter(subject=f"ACCETTAZIONE: {kind}", more=f"X-Ricevuta: {kind}\r\n")
    found = await fate(pec, border.encode() + raw)
    assert (found["disposition"] != "accept", found["reason"]) == (True, "auto-response")
    assert kind in dict(found["trace"])["verdict"]
    assert pec.tickets == pec.outbox == []


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (MAIL.replace(b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:"), "auto-response"),
        (MAIL.replace(b"Subject:", b"X-Ricevuta: accettazione\r\nSubject:"), "auto-response"),
        (MAIL.replace(b"Subject:", b"List-Id: <x.example>\r\nSubject:"), "bulk"),
        (
            MAIL.replace(b"text/plain; charset=utf-8", b"multipart/report; boundary=r").partition(b"\r\n\r\n")[0]
            + b"\r\n\r\n--r\r\n\r\nNo.\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\n"
            b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            b"\r\n--r--\r\n",
            "delivery-report",
        ),
        (MAIL.replace(b"To: ", b"From: eve@attack.example\r\nTo: "), "malformed-author"),
        (MAIL.replace(ANNA.encode(), b"eve@attack.example"), "malformed-author"),
        (MAIL.replace(b"Il sito", f"[#{make_reference(999)}] Il sito".encode()), "ticket-of-another-account"),
        (MAIL.replace(b"Buongiorno", b"bianchi.example"), "service-of-another-account"),
    ],
)
async def test_what_a_sealed_message_is_decides_what_becomes_of_it(pec, mail, reason):
    """The seal says who wrote it, and nothing about what it is."""
    found = await fate(pec, enveloped(mail))
    assert (found["reason"], found["disposition"] == "accept") == (reason, False)


@pytest.mark.parametrize("until", [2026, 2027])
async def test_a_certificate_is_judged_at_the_time_of_arrival(pec, until):
    """The test's arrival is of 2026-11-22, whenever it runs: one certificate had ended by then."""
    assert NOW.year == 2026
    found = await fate(pec, enveloped(MAIL, None, party(until=until)))
    assert (found["disposition"] == "accept") is (until == 2027)


async def test_a_seal_over_nothing_but_the_end_of_another(pec):
    """An empty signed part is no envelope."""
    found = await fate(pec, wrapped(b"", seal(b"")))
    assert found["disposition"] != "accept"


async def test_a_file_of_the_message_inside_is_kept_as_it_was_attached(pec):
    """Its octets stand in the message inside, not in the envelope."""
    kind = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n"
    header = b"".join(line for line in MAIL.splitlines(keepends=True)[:5] if not line.startswith(b"Content-"))
    found = await fate(
        pec, enveloped(header.rstrip() + b"\r\n" + kind + b"\r\n" + b64encode(b"%PDF-1.7 uno") + b"\r\n")
    )
    assert found["disposition"] == "accept"
    digest = sha256(b"%PDF-1.7 uno").hexdigest()
    assert pec.database.read(lambda c: desk.attachment(c, found["ticket"], digest)) == b"%PDF-1.7 uno"
