"""One gateway for all cases, whose own checks ask a scripted nameserver: every case is another message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

import house
from dkim_signing import record
from gateway.authentication.checks import Checks
from gateway.authentication.dns import Resolver, ResolverSettings
from gateway.core.address import Address
from gateway.store import tables as t
from nameserver import Server

SECONDARY = """
    anna.rossi@gmail.com anna.rossi@outlook.it anna.rossi@yahoo.it anna.rossi@libero.it anna.rossi@icloud.com
    anna.rossi@proton.me anna.rossi@aruba.it anna@rossi-web.example anna@studio-365.example anna@caffè.example
    josé@rossi.example anna.rossi+casa@rossi.example o'neil@rossi.example anna@posta.rossi.example
    anna@acme.co.uk anna@acme.github.io anna@mailservice.example postmaster@rossi.example mail.delivery@rossi.example
"""
ZONE = {
    ("s1._domainkey.rossi.example", "TXT"): [record()],
    ("_dmarc.rossi.example", "TXT"): ["v=DMARC1; p=reject"],
    ("rossi.example", "TXT"): ["v=spf1 ip4:192.0.2.10 -all"],
    ("s1._domainkey.attack.example", "TXT"): [record()],
    ("_dmarc.attack.example", "TXT"): ["v=DMARC1; p=reject"],
    ("attack.example", "TXT"): ["v=spf1 +all"],
}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The gateway and its nameserver."""
    folder = tmp_path_factory.mktemp("attacks")
    with Server(dict(ZONE)) as server, house.gateway(folder) as gateway:
        gateway.database.write(_register)
        yield gateway, server


@pytest.fixture
def fate(town):
    """Hand a case to the gateway; what its record says."""
    gateway, server = town

    async def of(case):
        server.zone = ZONE | case.zone
        resolver = Resolver(ResolverSettings((server.address,), one_try=0.5, question=2), clock=lambda: 0.0)
        receiver = gateway.examining(authenticator=Checks(resolver, clock=lambda: 0.0)).receiver
        arrival = gateway.arrival(case.raw, reverse_path=case.reverse_path, origin=case.origin)
        receipt = await receiver(replace(arrival, at=house.NOW))
        return gateway.message(receipt.id)

    return of


def _register(connection):
    for text in SECONDARY.split():
        row = {"account_id": 1, "key": Address.parse(text).key, "text": text, "is_primary": False}
        connection.execute(insert(t.address).values(row))
