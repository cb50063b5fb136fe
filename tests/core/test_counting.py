"""Where a message counts: for its author, account, domain and ticket only what is proved; the rest apart from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from gateway.core.account import Account, Language, Sender, Standing
from gateway.core.address import Address
from gateway.core.arrival import Arrival, Origin, Position
from gateway.core.case import Case, Mention, Override, TicketFact
from gateway.core.counting import KEY, counters, network
from gateway.core.evidence import Assurance, Evidence
from gateway.core.parse import parse
from gateway.core.reference import Found
from house import BEHIND, NOW, letter

EDGE = Origin("edge", Position.EDGE, "192.0.2.1")
TICKET = TicketFact(7, "20000-0000Q", 1)


def account(number, code):
    return Account(number, code, code, Language.IT, Standing.ACTIVE, Address.parse("info@rossi.example"))


ROSSI, SMITH = account(1, "ROSSI-001"), account(2, "SMITH-001")


def case(accounts=(), assurance=Assurance.DOMAIN, origin=BEHIND, author="tecnico@rossi.example", **more):
    message = parse(letter(author))
    sender = Sender(message.author, accounts)
    return Case(Arrival("A", b"", None, origin, NOW), message, sender, Evidence(assurance=assurance), **more)


def limits(one):
    return {counter.name: counter.limit for counter in counters(one)}


def keys(one):
    return {counter.key for counter in counters(one)}


def test_a_customer_is_limited_by_what_is_their_own():
    """Neither by their domain, which others may share, nor by the ingress, which all share."""
    found = limits(case((ROSSI,), mentions=(Mention(TICKET.reference, Found.TAG, TICKET),)))
    assert found == {
        "ingress": "",
        "domain": "",
        "author": "per_author",
        "account": "per_account",
        "ticket": "per_ticket",
    }


def test_a_proved_stranger_is_limited_by_author_domain_and_ingress():
    assert limits(case()) == {"ingress": "per_ingress", "domain": "per_domain", "author": "per_author"}


@pytest.mark.parametrize("assurance", [Assurance.DOMAIN_ONLY, Assurance.MAILBOX])
def test_a_domain_that_anybody_can_have_a_mailbox_at_has_no_limit(assurance):
    """Threats rule 8: there one stranger's flood would use up what all others have."""
    assert limits(case(assurance=assurance))["domain"] == ""


@pytest.mark.parametrize(("origin", "peer"), [(EDGE, {"peer": "unproved_per_peer"}), (BEHIND, {})])
def test_what_is_not_proved_counts_for_the_claimed_domain_the_ingress_and_at_the_edge_the_peer(origin, peer):
    """Behind an MTA the peer is that MTA, which brings everybody's mail."""
    found = limits(case((ROSSI,), Assurance.NONE, origin))
    assert found == {"ingress": "unproved_per_ingress", "domain": "unproved_per_domain", **peer}


def test_what_is_not_proved_counts_alike_whoever_is_registered():
    """I10: the same counters for a customer's address and for any other of that domain."""
    forged = [case(accounts, Assurance.NONE, EDGE) for accounts in ((), (ROSSI,), (ROSSI, SMITH))]
    assert len({frozenset(keys(one)) for one in forged}) == 1


def test_no_counter_is_shared_between_customers_strangers_and_what_is_not_proved():
    """A stranger's flood never uses up a customer's allowance, whatever name it bears and wherever it comes in."""
    of_each = [keys(case(*one)) for one in (((ROSSI,),), (), ((ROSSI,), Assurance.NONE))]
    assert all(one.isdisjoint(other) for one, other in product(of_each, of_each) if one is not other)


def test_an_author_on_several_accounts_counts_for_none_of_them():
    assert "account" not in limits(case((ROSSI, SMITH)))


def test_a_ticket_of_another_account_is_not_counted():
    """R3: to name somebody's ticket is no burden on it, nor is one that does not exist."""
    named = (Mention(TICKET.reference, Found.TAG, TICKET), Mention("ZZZZZ-ZZZZZ", Found.TAG, None))
    assert "ticket" not in limits(case((SMITH,), mentions=named))


def test_what_does_not_parse_counts_for_the_ingress_and_the_peer():
    malformed = Case(Arrival("A", b"", None, EDGE, NOW), parse(letter("<")))
    assert limits(malformed) == {"ingress": "unproved_per_ingress", "peer": "unproved_per_peer"}


def test_delivery_reports_our_own_mail_and_what_is_released_count_nowhere():
    report = parse(
        b"From: x@y.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; y.example\r\n\r\n"
        b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n",
        returned=True,
    )
    one = case()
    for uncounted in (
        replace(one, parsed=report),
        replace(one, canary=True),
        replace(one, from_ourselves=True),
        replace(one, override=Override("anna", frozenset())),
    ):
        assert counters(uncounted) == ()


@pytest.mark.parametrize(
    ("peer", "wanted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_peer_is_an_ipv4_address_or_an_ipv6_network(peer, wanted):
    assert network(peer) == wanted


def test_a_key_is_bounded_and_shows_no_address():
    long = "a" * 64 + "@" + ".".join(["b" * 60] * 4)
    for counter in counters(case(author=long)):
        assert len(counter.key) == KEY
        assert "aaa" not in counter.key + counter.of
