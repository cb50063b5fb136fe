"""Look-alikes, through the receiver: who would be taken for a customer is held with a reason of its own."""

from __future__ import annotations

import pytest

from gateway.core.address import Address
from gateway.core.case import Override
from gateway.core.reason import Reason
from gateway.store import book, quarantine
from house import NOW, ROSSI, SMITH, letter

GMAIL = Address.parse("mario.rossi@gmail.com")


@pytest.fixture
def gateway(gateway):
    """With a customer who writes from a shared provider."""
    gateway.database.write(lambda c: book.add_address(c, ROSSI, GMAIL, now=NOW, by="ops"))
    return gateway


def proved(author, domain=None, name=""):
    """Mail whose author's domain is proved: the attacker's own, with perfect DMARC."""
    written = f"{name} <{author}>" if name else author
    return letter(written, domain=domain or author.rpartition("@")[2])


ATTACKS = {
    "a homograph, one Cyrillic letter": proved("tecnico@r\u043essi.example", "xn--rssi-55d.example"),
    "the same as an A-label": proved("tecnico@xn--rssi-55d.example"),
    "a whole label of another script": proved("x@\u0455m\u0456th.example", "xn--mth-ehdg.example"),
    "rn for m": proved("john@srnith.example"),
    "a digit for a letter": proved("tecnico@r0ssi.example"),
    "l for i": proved("tecnico@rossl.example"),
    "1 for i": proved("tecnico@ross1.example"),
    "a letter more": proved("tecnico@rosssi.example"),
    "a letter less": proved("tecnico@rosi.example"),
    "another letter": proved("tecnico@rosse.example"),
    "two letters exchanged": proved("tecnico@rosis.example"),
    "a hyphen": proved("tecnico@ros-si.example"),
    "another ending": proved("tecnico@rossi.net"),
    "another ending, a host below": proved("tecnico@mail.rossi.net"),
    "a letter more below many labels, for which more keys are asked": proved("x@a.b.c.d.e.rosssi.example"),
    "the domain in front of another": proved("tecnico@rossi.example.attack.example"),
    "a provider's name misspelt": proved("mario.rossi@gmial.com"),
    "a provider's name with rn for m": proved("mario.rossi@grnail.com"),
    "a local part misspelt at the provider": proved("mario.rosi@gmail.com"),
    "a local part with a digit": proved("mari0.rossi@gmail.com"),
    "a quoted display name": proved("eve@attack.example", name='"tecnico@rossi.example"'),
    "a display name with more in it": proved("eve@attack.example", name="\"'Tecnico' tecnico@rossi.example.\""),
    "a display name with an escape": proved("eve@attack.example", name='"tecnico\\@rossi.example"'),
    "a display name in full width": proved("eve@attack.example", name="tecnico\uff20rossi.example"),
    "a display name, encoded in full width": proved(
        "eve@attack.example", name="=?utf-8?q?tecnico=EF=BC=A0rossi.example?="
    ),
    "a display name with what is not seen": proved("eve@attack.example", name='"tecnico\u200b@rossi.example"'),
    "a registered author under another's name": proved("john@smith.example", name='"tecnico@rossi.example"'),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_who_would_be_taken_for_a_customer_is_held_as_a_look_alike(gateway, attack):
    """R2: held, no ticket, no letter; and the trace says in words whom it resembles."""
    receipt = await gateway.receive(ATTACKS[attack])
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"]) == ("quarantine", "look-alike")
    assert (gateway.tickets, gateway.outbox) == ([], [])
    assert "resembles " in dict(found["trace"])["sender"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (proved("collega@rossi.example"), "unregistered"),
        (proved("tecnico@mail.rossi.example"), "unregistered"),
        (proved("eve@attack.example"), "unregistered"),
        (proved("anna.bianchi@gmail.com"), "unregistered"),
        (proved("mario.rossi@libero.it"), "unregistered"),
        (proved("eve@attack.example", name='"Rossi, Mario @ rossi"'), "unregistered"),
        (proved("tecnico@rossi.example", name='"amministrazione@rossi.example"'), "registered"),
        (proved("tecnico@rossi.example", name='"tecnico@rossi.example"'), "registered"),
        (proved("tecnico@rossi.example", name='"nobody@else.example"'), "registered"),
        (proved("mario.rossi@gmail.com"), "registered"),
        (letter("tecnico@rosssi.example", dmarc="fail"), "unauthenticated"),
        (proved("eve@attack.example", name='"a@a.it b@b.it c@c.it d@d.it tecnico@rossi.example"'), "malformed-author"),
    ],
)
async def test_who_resembles_nobody_is_not_called_so(gateway, raw, reason):
    """Colleagues, hosts of the same domain, people of the same provider, customers; and evidence comes first (I10)."""
    receipt = await gateway.receive(raw)
    assert gateway.message(receipt.id)["reason"] == reason


async def test_the_words_are_for_staff(gateway):
    """Whom, of which account, in what; in the verdict's detail too, which `quarantine show` prints."""
    receipt = await gateway.receive(proved("tecnico@rosssi.example"))
    found = gateway.message(receipt.id)
    told = f"resembles amministrazione@rossi.example of {ROSSI}: one letter apart"
    assert dict(found["trace"])["sender"] == f"the author's address is on no account; {told}"
    assert dict(found["trace"])["verdict"].endswith(f"tecnico@rosssi.example is on no account, and {told}")


async def test_two_customers_may_resemble_each_other(gateway):
    """Who is registered is nobody's look-alike."""
    twin = Address.parse("info@rosssi.example")
    gateway.database.write(lambda c: book.add_address(c, SMITH, twin, now=NOW, by="ops"))
    receipt = await gateway.receive(proved("info@rosssi.example"))
    assert gateway.message(receipt.id)["reason"] == "registered"


async def test_nobody_resembles_an_address_that_was_removed(gateway):
    """The way there and back: what was kept of it goes with it."""
    before = gateway.database.read(lambda c: sorted(c.exec_driver_sql("select * from likeness").all()))
    other = Address.parse("paola.verdi@gmail.com")
    gateway.database.write(lambda c: book.add_address(c, ROSSI, other, now=NOW, by="ops"))
    first = await gateway.receive(proved("paola.verd1@gmail.com"))
    gateway.database.write(lambda c: book.remove_address(c, ROSSI, other, now=NOW, by="ops"))
    second = await gateway.receive(proved("paola.verdl@gmail.com"))
    assert [gateway.message(one.id)["reason"] for one in (first, second)] == ["look-alike", "unregistered"]
    assert gateway.database.read(lambda c: sorted(c.exec_driver_sql("select * from likeness").all())) == before


async def test_a_domain_is_imitated_while_one_address_has_it(gateway):
    """To remove one of several addresses of a domain takes nothing from the others."""
    tecnico = Address.parse("tecnico@rossi.example")
    gateway.database.write(lambda c: book.remove_address(c, ROSSI, tecnico, now=NOW, by="ops"))
    receipt = await gateway.receive(proved("tecnico@rosssi.example"))
    assert gateway.message(receipt.id)["reason"] == "look-alike"


@pytest.mark.parametrize(
    ("attack", "outcome"),
    [
        ("a letter more", ("quarantine", "look-alike")),
        ("a quoted display name", ("quarantine", "look-alike")),
        ("a registered author under another's name", ("accept", "registered")),
    ],
)
async def test_a_release_takes_on_a_name_and_never_a_stranger(gateway, attack, outcome):
    """I2: an operator may answer for what a customer calls himself, not for who is no customer."""
    receipt = await gateway.receive(ATTACKS[attack])
    held = gateway.database.read(lambda c: quarantine.held(c, receipt.id))
    record = await gateway.receiver.examine(held.arrival, Override("anna", frozenset({Reason.LOOK_ALIKE})))
    assert (record.verdict.disposition.value, record.verdict.reason.value) == outcome


async def test_a_release_without_evidence_still_sees_the_name(gateway):
    """To answer for the evidence is not to answer for the name: the next reason is told."""
    raw = letter('"tecnico@rossi.example" <john@smith.example>', dmarc="fail", domain="smith.example")
    arrival = gateway.arrival(raw)
    record = await gateway.receiver.examine(arrival, Override("anna", frozenset({Reason.UNAUTHENTICATED})))
    assert record.verdict.reason is Reason.LOOK_ALIKE
