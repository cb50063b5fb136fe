"""Fairness: whatever strangers or one customer send, and however much, no other customer's message waits for it."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

import house
from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.arrival import Origin, Position
from gateway.core.policy import Policy
from gateway.core.rates import Bound, RateLimits
from gateway.core.reason import Reason
from gateway.store import book
from gateway.store import tables as t
from house import BEHIND, TRUSTED, letter

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = 4
TINY = RateLimits(
    per_author=Bound(OWN, 6),
    per_account=Bound(OWN, 6),
    per_ticket=Bound(OWN, 6),
    per_domain=Bound(1, 2),
    per_ingress=Bound(1, 2),
    unproved_per_domain=Bound(1, 2),
    unproved_per_peer=Bound(1, 2),
    unproved_per_ingress=Bound(1, 2),
)
EDGE = Origin("edge", Position.EDGE, "192.0.2.1", frozenset({TRUSTED}))
CUSTOMER = "tecnico@rossi.example"
STRANGERS = (
    CUSTOMER,  # forged: only ever without proof
    "amministrazione@rossi.example",
    "nobody@rossi.example",
    "eve@attack.example",
    "<",
    "support@example.it",
)
floods = st.lists(
    st.tuples(
        st.sampled_from(STRANGERS),
        st.sampled_from(("fail", "none", "", "pass")),
        st.sampled_from((BEHIND, EDGE)),
        st.sampled_from(("", "tecnico@rossi.example", "eve@attack.example")),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=15)
@given(st.lists(floods, min_size=OWN, max_size=OWN), st.integers(0, 59))
def test_no_flood_of_strangers_holds_a_customer_below_their_own_bound(waves, minute):
    """Before each of the customer's messages a wave of what is not proved to be theirs, naming their ticket too."""

    async def story(gateway):
        limited, number = gateway.ruled(Policy(limits=TINY)), 0
        first = ""
        for own, wave in enumerate(waves):
            for author, dmarc, origin, reverse_path, names in wave:
                number += 1
                proved = "fail" if dmarc == "pass" and author.startswith(("tecnico@", "amministrazione@")) else dmarc
                tagged = f"[#{first}] Re" if names and first else "Aiuto"
                raw = letter(author, dmarc=proved, subject=tagged, message_id=f"{number}@attack.example")
                arrival = limited.arrival(raw, reverse_path=reverse_path, origin=origin)
                await limited.receiver(replace(arrival, at=NOON + timedelta(minutes=minute)))
            tagged = f"[#{first}] Re" if first else "Aiuto"
            arrival = limited.arrival(letter(CUSTOMER, subject=tagged, message_id=f"own{own}@rossi.example"))
            receipt = await limited.receiver(replace(arrival, at=NOON + timedelta(minutes=minute)))
            assert receipt.verdict.reason is Reason.REGISTERED
            first = first or receipt.ticket

    with tempfile.TemporaryDirectory() as folder, house.gateway(folder) as gateway:
        asyncio.run(story(gateway))


CROWD = 10


def crowd(connection):
    """Ten customers at one domain, as those of a small provider are."""
    for number in range(100, 100 + CROWD):
        row = {"id": number, "code": f"C-{number}", "name": "C", "language": Language.IT, "status": Standing.ACTIVE}
        connection.execute(insert(t.account).values(**row, hard_failures=0))
        book.add(connection, number, Address.parse(f"u{number}@provider.example"), is_primary=True)


async def test_one_customer_floods_and_nine_notice_nothing(gateway):
    """Two simulated hours: one sends 150 an hour, each of the others five, all from one domain."""
    gateway.database.write(crowd)
    limits = RateLimits(per_author=Bound(20, 60), per_account=Bound(20, 60))
    limited = gateway.ruled(Policy(limits=limits))
    flood, quiet = [], []
    for minute in range(0, 120, 4):
        for turn in range(10):
            author, number = "u100@provider.example", f"{minute}.{turn}"
            flood.append(await verdict(limited, author, number, NOON + timedelta(minutes=minute, seconds=turn * 6)))
        for customer in range(101, 100 + CROWD):
            if minute % 12 == customer % 3 * 4:
                quiet += [
                    await verdict(limited, f"u{customer}@provider.example", minute, NOON + timedelta(minutes=minute))
                ]
    assert {one.reason for one in quiet} == {Reason.REGISTERED}
    assert len(quiet) == 9 * 10
    admitted = sum(one.reason is Reason.REGISTERED for one in flood)
    held = sum(one.disposition == "quarantine" for one in flood)
    assert 20 <= admitted <= 40  # so many an hour, twice
    assert held <= 2 * 60
    assert admitted + held + sum(one.disposition == "discard" for one in flood) == len(flood) == 300


async def verdict(gateway, author, number, at):
    raw = letter(author, message_id=f"{number}.{author}", text=f"Numero {number}.")
    return (await gateway.receiver(replace(gateway.arrival(raw), at=at))).verdict
