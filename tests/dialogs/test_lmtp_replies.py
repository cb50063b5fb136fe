"""LMTP: one reply for each recipient accepted, in order, after the dot, on every path (RFC 2033 §4.2)."""

from __future__ import annotations

import pytest
from dialog import LMTP_DATA, Receiver

from gateway.core.verdict import Defer
from gateway.ingress.budget import Budget
from gateway.ingress.settings import Bounds

SMALL = Bounds(message=1_000_000, line=2000, budget_seconds=0.01)


@pytest.mark.parametrize(
    ("receiver", "data", "reply"),
    [
        ({}, b"x\r\n", "250 2.0.0 accepted as m1"),
        ({"verdict": Defer("database")}, b"x\r\n", "451 4.3.0 ..."),
        ({"fault": RuntimeError("secret")}, b"x\r\n", "451 4.3.0 ..."),
        ({}, b"x\ny\r\n", "550 5.6.0 ..."),
        ({}, b"x" * 1_000_000 + b"\r\n", "552 5.3.4 message too large"),
        ({}, b"x" * 2001 + b"\r\n", "552 5.3.4 message has a line too large"),
    ],
)
async def test_one_reply_for_each_recipient(site, receiver, data, reply):
    """Two recipients were accepted: two replies, whatever happened, and then the session goes on."""
    client = await site.connect(await site.listener(protocol="lmtp", bounds=SMALL, receiver=Receiver(**receiver)))
    await client.plays(LMTP_DATA)
    await client.send(data + b".\r\nQUIT\r\n")
    await client.hears(reply, reply, "221 2.0.0 bye")


async def test_one_reply_for_each_recipient_over_the_budget(site):
    """The memory budget, too, is told to each."""
    budget = Budget(10)
    client = await site.connect(await site.listener(protocol="lmtp", bounds=SMALL, budget=budget))
    await client.plays(LMTP_DATA)
    async with budget.hold(9, 1):
        await client.send(b"x\r\n.\r\nNOOP\r\n")
        await client.hears("452 4.3.1 ...", "452 4.3.1 ...", "250 2.0.0 ok")


async def test_data_without_a_valid_recipient_is_503(site):
    """Nobody is there to be answered for."""
    client = await site.connect(await site.listener(protocol="lmtp"))
    await client.send(b"LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<x@y.example>\r\nDATA\r\nQUIT\r\n")
    await client.reply()
    await client.reply()
    await client.hears("250 2.1.0 ...", "550 5.1.1 ...", "503 5.5.1 no valid recipients", "221 2.0.0 bye")


@pytest.mark.parametrize("hello", ["HELO", "EHLO"])
async def test_lmtp_knows_neither_helo_nor_ehlo(site, hello):
    """RFC 2033 §4.1: a client that takes us for SMTP learns it at once."""
    client = await site.connect(await site.listener(protocol="lmtp"))
    await client.plays(f"S: 220 gw.example.it LMTP\nC: {hello} client\nS: 500 5.5.1 ...")


async def test_lmtp_over_a_unix_socket(site, tmp_path):
    """A client of a Unix socket is a peer: the file's mode let it in."""
    place = await site.listener(protocol="lmtp", listen=f"unix:{tmp_path}/s", peers=frozenset())
    client = await site.connect(place)
    await client.plays(LMTP_DATA + "    C: .\n    S: 250 2.0.0 accepted as m1\n    S: 250 2.0.0 accepted as m1")
    assert place.receiver.arrivals[0].origin.trusted_ids == {"mx.example.it"}
    assert place.receiver.arrivals[0].origin.peer == "unix"
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660
