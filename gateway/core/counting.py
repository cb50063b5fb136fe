"""Counting: where a message counts. It says for whom a flood can be a nuisance, and for whom never.

What nobody proves, what a proved stranger sends and what is proved to be a customer's are counted apart. So whatever
strangers send, under any name, uses up nothing of a customer's allowance, and one customer's mail nothing of another's.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from gateway.core.account import Account
from gateway.core.arrival import Position
from gateway.core.case import Case, TicketFact
from gateway.core.evidence import Assurance
from gateway.core.message import DeliveryReport, Message
from gateway.core.rates import Counter

KEY = 32
"""Characters of a key: 128 bits of a hash, however long what a stranger writes is."""
NETWORK = 64
"""Bits of an IPv6 address: who has one has as many more as they like behind these (RFC 4291 §2.5.4)."""


class Footing(StrEnum):
    """Who a message is known to be from: proof first, accounts second (threats rule 1)."""

    UNPROVED = "unproved"
    STRANGER = "stranger"
    """Proved, and on no account."""
    CUSTOMER = "customer"


def footing(case: Case) -> Footing:
    """How well the author is known."""
    if case.sender is None or not case.evidence.aligned:
        return Footing.UNPROVED
    return Footing.CUSTOMER if case.sender.accounts else Footing.STRANGER


def counters(case: Case) -> tuple[Counter, ...]:
    """Where it counts. Nowhere: delivery reports, our own mail, and what an operator releases, which counted before."""
    if isinstance(case.parsed, DeliveryReport) or case.canary or case.from_ourselves or case.override is not None:
        return ()
    who, origin = footing(case), case.arrival.origin

    def counter(name: str, limit: str, value: str, of: str = "") -> Counter:
        key = hashlib.sha256(f"{who}\0{name}\0{value}".encode()).hexdigest()[:KEY]
        return Counter(name, limit, key, of or value)

    found = [counter("ingress", _OF_INGRESS[who], origin.ingress)]
    if who is Footing.UNPROVED and origin.position is Position.EDGE:  # behind an MTA the peer is that MTA
        found.append(counter("peer", "unproved_per_peer", network(origin.peer)))
    if not isinstance(case.parsed, Message):
        return tuple(found)
    author = case.parsed.author
    found.append(counter("domain", _of_domain(case, who), author.domain))
    if who is not Footing.UNPROVED:
        found.append(counter("author", "per_author", author.key, author.domain))
    if account := _one_account(case, who):
        found.append(counter("account", "per_account", str(account.id), account.code))
        if ticket := _own_ticket(case, account):
            found.append(counter("ticket", "per_ticket", ticket.reference))
    return tuple(found)


def network(peer: str) -> str:
    """What counts as one peer: an IPv4 address, or the network of an IPv6 address."""
    try:
        address = ip_address(peer)
    except ValueError:  # a Unix socket
        return peer
    if not isinstance(address, IPv6Address):
        return peer
    return str(address.ipv4_mapped or IPv6Address(int(address) >> NETWORK << NETWORK))


_OF_INGRESS = {
    Footing.UNPROVED: "unproved_per_ingress",
    Footing.STRANGER: "per_ingress",
    Footing.CUSTOMER: "",  # a customer answers for their own mail, and for nobody else's
}


def _of_domain(case: Case, who: Footing) -> str:
    """The limit of a domain. None for customers, who may share one, and none where anybody can have a mailbox."""
    if who is Footing.UNPROVED:
        return "unproved_per_domain"
    return "per_domain" if who is Footing.STRANGER and case.evidence.assurance is Assurance.DOMAIN else ""


def _one_account(case: Case, who: Footing) -> Account | None:
    accounts = case.sender.accounts if case.sender and who is Footing.CUSTOMER else ()
    return accounts[0] if len(accounts) == 1 else None


def _own_ticket(case: Case, account: Account) -> TicketFact | None:
    """The ticket of theirs that it names: who names another's is no burden on it (R3)."""
    tickets = (mention.ticket for mention in case.mentions)
    return next((one for one in tickets if one and one.account_id == account.id), None)
