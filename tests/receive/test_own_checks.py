"""Where no border vouches: our own DKIM, SPF and DMARC, over real keys and a nameserver on loopback."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import house
from dkim_signing import MAIL, H, record, signed
from gateway.authentication.checks import Checks
from gateway.authentication.dns import Resolver, ResolverSettings
from gateway.core.arrival import Origin, Position
from gateway.core.verdict import Defer
from house import BEHIND, TRUSTED
from nameserver import Deed, Server

KEY = "s1._domainkey.rossi.example"
ZONE = {
    (KEY, "TXT"): [record()],
    ("_dmarc.rossi.example", "TXT"): ["v=DMARC1; p=reject"],
    ("rossi.example", "TXT"): ["v=spf1 ip4:192.0.2.10 -all"],
    ("s1._domainkey.gmail.com", "TXT"): [record()],
}
MESSAGE = MAIL.replace(b"anna@", b"tecnico@")
EDGE = Origin("edge", Position.EDGE, "192.0.2.10")
ELSEWHERE = Origin("edge", Position.EDGE, "203.0.113.9")


@pytest.fixture
def ask(tmp_path):
    """Hand a message to a gateway whose resolver asks a scripted nameserver; its record, or Defer."""

    async def hand_over(raw, *, zone=ZONE, deeds=None, origin=BEHIND, reverse_path="tecnico@rossi.example", **told):
        with Server(zone, deeds=deeds or {}) as server:
            resolver = Resolver(ResolverSettings((server.address,), one_try=0.2, question=0.5), clock=lambda: 0.0)
            checks = Checks(resolver, clock=lambda: 0.0)
            with house.gateway(tmp_path, authenticator=checks) as gateway:
                arrival = replace(
                    gateway.arrival(raw, reverse_path=reverse_path, origin=origin),
                    at=datetime(2026, 11, 22, 12, tzinfo=UTC),
                )
                rules = replace(gateway.house, **told)
                receipt = await gateway.examining(house=rules).receiver(arrival)
                found = receipt.verdict if isinstance(receipt.verdict, Defer) else gateway.message(receipt.id)
            return found, [one.name for one in server.asked]

    return hand_over


async def test_a_signature_of_the_authors_domain_lets_in_without_any_border(ask):
    found, _ = await ask(signed(MESSAGE))
    assert (found["disposition"], found["evidence"]["source"]) == ("accept", "own")
    assert found["evidence"]["dkim"] == [{"result": "pass", "domain": "rossi.example", "selector": "s1"}]
    assert found["evidence"]["dmarc"] == {"result": "pass", "domain": "rossi.example"}


@pytest.mark.parametrize(
    "raw",
    [
        signed(MESSAGE).replace(b"Buongiorno", b"Buonasera,"),
        signed(MESSAGE).replace(b"Subject: Il sito", b"Subject: La casa"),
        signed(MESSAGE, more="l=0;"),
        signed(MESSAGE, h=H.replace("subject:", "")),
        signed(MESSAGE, domain="attack.example"),
        signed(MESSAGE, domain="example"),
        MESSAGE,
    ],
)
async def test_what_proves_nothing_is_held(ask, raw):
    """Altered, partly signed, or signed by somebody else."""
    found, _ = await ask(raw)
    assert (found["disposition"], found["reason"]) == ("quarantine", "unauthenticated")


async def test_a_resolver_that_is_down_defers_what_could_have_been_proved(ask):
    """I9."""
    found, _ = await ask(signed(MESSAGE), deeds={KEY: Deed.SERVFAIL})
    assert isinstance(found, Defer)
    assert "rossi.example" in found.detail


async def test_what_could_prove_nothing_anyhow_is_not_asked_about(ask):
    """A stranger's signature costs no look-up, and a resolver that is down no delay."""
    found, asked = await ask(signed(MESSAGE, domain="attack.example"))
    assert found["reason"] == "unauthenticated"
    assert asked == []


async def test_a_dmarc_record_that_cannot_be_had_does_not_stop_an_exact_match(ask):
    found, _ = await ask(signed(MESSAGE), deeds={"_dmarc.rossi.example": Deed.SERVFAIL})
    assert found["disposition"] == "accept"


async def test_spf_counts_at_the_edge(ask):
    """From the host that the domain's record names."""
    found, _ = await ask(MESSAGE, origin=EDGE)
    assert (found["disposition"], found["evidence"]["spf"]) == ("accept", {"result": "pass", "domain": "rossi.example"})


async def test_spf_from_another_host_proves_nothing(ask):
    found, _ = await ask(MESSAGE, origin=ELSEWHERE)
    assert (found["reason"], found["evidence"]["spf"]["result"]) == ("unauthenticated", "fail")


@pytest.mark.parametrize("reverse_path", ["", "eve@attack.example"])
async def test_spf_of_another_identity_proves_nothing(ask, reverse_path):
    """Neither HELO nor a stranger's reverse-path."""
    zone = {**ZONE, ("attack.example", "TXT"): ["v=spf1 +all"]}
    found, _ = await ask(MESSAGE, origin=EDGE, zone=zone, reverse_path=reverse_path)
    assert found["disposition"] == "quarantine"


async def test_behind_an_mta_the_clients_address_is_not_the_senders(ask):
    """SPF is not checked there, whatever the peer's address is."""
    found, asked = await ask(MESSAGE, origin=Origin("from-mta", Position.BEHIND_MTA, "192.0.2.10"))
    assert (found["reason"], asked) == ("unauthenticated", [])


def stamped(word, raw):
    return (
        f"Authentication-Results: {TRUSTED}; dmarc={word} header.from=rossi.example\r\nReceived: x\r\n".encode() + raw
    )


@pytest.mark.parametrize(
    ("word", "disposition"),
    [("pass", "accept"), ("temperror", "accept"), ("none", "accept"), ("fail", "quarantine")],
)
async def test_the_border_and_we(ask, word, disposition):
    """Its pass is enough, its no stands, and where it could not say, our own check decides."""
    found, asked = await ask(stamped(word, signed(MESSAGE)))
    assert found["disposition"] == disposition
    assert bool(asked) == (word in {"temperror", "none"})


async def test_the_borders_temperror_with_our_resolver_down_is_held(ask):
    """The same field would come back on retry, so waiting helps nobody."""
    found, _ = await ask(stamped("temperror", signed(MESSAGE)), deeds={KEY: Deed.SERVFAIL})
    assert found["disposition"] == "quarantine"


async def test_a_shared_provider_proves_its_domain_only(ask):
    """Threats rule 8: recorded as such."""
    raw = signed(MESSAGE.replace(b"tecnico@rossi.example", b"qualcuno@gmail.com"), domain="gmail.com")
    found, _ = await ask(raw, reverse_path="qualcuno@gmail.com")
    assert (found["reason"], found["evidence"]["assurance"]) == ("unregistered", "domain-only")


async def test_the_operators_own_shared_provider_proves_its_domain_only(ask):
    """`authentication.shared_domains`."""
    found, _ = await ask(signed(MESSAGE), shared_domains=frozenset({"rossi.example"}))
    assert (found["disposition"], found["evidence"]["assurance"]) == ("accept", "domain-only")


@pytest.mark.parametrize(
    ("raw", "disposition"),
    [
        (stamped("pass", signed(MESSAGE)), "accept"),
        (stamped("pass", MESSAGE), "accept"),
        (stamped("pass", signed(MESSAGE, domain="attack.example")), "accept"),
        (stamped("pass", signed(MESSAGE).replace(b"Buongiorno", b"Buonasera,")), "quarantine"),
        (stamped("fail", signed(MESSAGE)), "quarantine"),
    ],
)
async def test_always_verified_a_broken_signature_undoes_the_borders_pass(ask, raw, disposition):
    """`authentication.verify: always`: conflict counts as failure, and our pass does not overrule the border's no."""
    found, _ = await ask(raw, verify_always=True)
    assert found["disposition"] == disposition


async def test_always_verified_says_what_contradicts_what(ask):
    """For who looks into it."""
    found, _ = await ask(stamped("pass", signed(MESSAGE, more="t=1;").replace(b"t=1;", b"t=2;")), verify_always=True)
    assert "says dmarc=pass for rossi.example, which our own check contradicts" in found["evidence"]["detail"]


async def test_always_verified_never_puts_off_what_the_border_vouches_for(ask):
    """A resolver that is down makes no conflict."""
    found, asked = await ask(stamped("pass", signed(MESSAGE)), deeds={KEY: Deed.SERVFAIL}, verify_always=True)
    assert (found["disposition"], KEY in asked) == ("accept", True)
