"""What a virus scanner says decides before anything that depends on the accounts; what was not scanned never passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from gateway.core.case import Override
from gateway.core.policy import Choice, Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.scan import Clean, Infected, NotScanned
from gateway.core.verdict import Defer
from gateway.ports import Unavailable
from house import letter

AUTOMATIC = letter(more="Auto-Submitted: auto-replied\r\n", message_id="2@rossi.example")
STRANGER = letter("eve@attack.example")
FORGED = letter(dmarc="fail")


@dataclass
class Scanner:
    """Says one thing, or nothing."""

    says: object
    asked: int = 0

    async def scan(self, arrival):
        self.asked += 1
        if self.says is None:
            raise Unavailable("clamd: away")
        return self.says


def scanning(gateway, says, policy=None):
    rules = gateway.house if policy is None else replace(gateway.house, policy=policy)
    return gateway.examining(house=rules, scanner=Scanner(says))


@pytest.mark.parametrize("raw", [letter(), STRANGER, FORGED, AUTOMATIC])
async def test_a_virus_is_one_whoever_wrote_it(gateway, raw):
    """Held with its name; no ticket, no answer, and nothing about who is registered (I10)."""
    receipt = await scanning(gateway, Infected("Worm.X")).receive(raw)
    found = gateway.message(receipt.id)
    assert (found["disposition"], found["reason"], found["detail"]) == ("quarantine", "virus", "a virus: Worm.X")
    assert ["scan", "a virus: Worm.X"] in found["trace"]
    assert gateway.tickets == gateway.outbox == []


@pytest.mark.parametrize("way", [Disposition.REJECT, Disposition.DISCARD])
async def test_a_policy_says_what_becomes_of_a_virus(gateway, way):
    policy = Policy({Reason.VIRUS: Choice(way, "own.yaml:3")})
    receipt = await scanning(gateway, Infected("Worm.X"), policy).receive(letter())
    assert (receipt.verdict.disposition, receipt.verdict.rule) == (way, "own.yaml:3 virus")


async def test_what_is_clean_goes_on(gateway):
    assert (await scanning(gateway, Clean()).receive(letter())).ticket
    assert (await scanning(gateway, Clean()).receive(FORGED)).verdict.reason is Reason.UNAUTHENTICATED


@pytest.mark.parametrize("raw", [letter(), STRANGER, FORGED])
async def test_mail_waits_for_a_scanner_that_is_away(gateway, raw):
    """I9, and for everybody alike: a stranger cannot tell a customer by a 451."""
    receipt = await scanning(gateway, None).receive(raw)
    assert receipt.verdict == Defer("clamd: away")
    assert gateway.messages == []


@pytest.mark.parametrize("way", [Disposition.REJECT, Disposition.DISCARD])
async def test_what_was_not_scanned_is_held_whatever_becomes_of_viruses(gateway, way):
    """It is most likely none: nothing is thrown away for it."""
    policy = Policy({Reason.VIRUS: Choice(way, "own.yaml:3")})
    verdict = (await scanning(gateway, NotScanned("too long"), policy).receive(letter())).verdict
    assert (verdict.disposition, verdict.reason) == (Disposition.QUARANTINE, Reason.VIRUS)
    assert verdict.detail == "not scanned: too long"


async def test_what_was_not_scanned_keeps_the_reason_that_it_has(gateway):
    """It is scanned again when it is released."""
    receipt = await scanning(gateway, NotScanned("too long")).receive(FORGED)
    assert receipt.verdict.reason is Reason.UNAUTHENTICATED
    assert ["scan", "not scanned: too long"] in gateway.message(receipt.id)["trace"]


@pytest.mark.parametrize(
    ("says", "named", "accepted"),
    [
        (Clean(), "", True),
        (Infected("Worm.X"), "", False),
        (Infected("Worm.X"), "Worm.X", True),
        (Infected("Worm.Y"), "Worm.X", False),
        (Infected("Worm.X"), "not-scanned", False),
        (NotScanned("too long"), "", False),
        (NotScanned("too long"), "Worm.X", False),
        (NotScanned("too long"), "not-scanned", True),
    ],
)
async def test_a_release_takes_a_virus_on_only_by_its_name(gateway, says, named, accepted):
    """Not by habit, and not another one than was seen: the reason alone waives nothing."""
    receiver = scanning(gateway, says).receiver
    record = await receiver.examine(gateway.arrival(letter()), Override("anna", frozenset(Reason), virus=named))
    assert (record.verdict.disposition is Disposition.ACCEPT) is accepted
    assert (record.verdict.reason is Reason.VIRUS) is not accepted


async def test_what_has_no_author_is_not_scanned(gateway):
    """It cannot be accepted, and nobody releases it."""
    told = scanning(gateway, Clean())
    await told.receive(b"Subject: x\r\n\r\n")
    assert told.receiver.examine.scanner.asked == 0


async def test_scans_are_counted(gateway):
    for number, says in enumerate((Clean(), Clean(), Infected("Worm.X"), NotScanned("away"))):
        await scanning(gateway, says).receive(letter(message_id=f"{number}@rossi.example"))
    assert gateway.meters.scans == {"clean": 2, "infected": 1, "not-scanned": 1}
