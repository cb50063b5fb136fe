"""Limits of rate through the whole gateway: held, then ignored, and over; nothing lost, and nothing counted twice."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from gateway.core.arrival import Origin, Position
from gateway.core.case import Override
from gateway.core.policy import Policy
from gateway.core.rates import Bound, RateLimits
from gateway.ingress.site import answer
from gateway.store import quarantine
from gateway.store import tables as t
from gateway.store.adapter import Store
from gateway.store.letters import Limits
from house import TRUSTED, letter, page

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMALL = RateLimits(
    per_author=Bound(3, 5),
    per_ticket=Bound(2, 50),
    per_domain=Bound(3, 5),
    per_ingress=Bound(8, 12),
    unproved_per_domain=Bound(3, 5),
    unproved_per_peer=Bound(4, 6),
    unproved_per_ingress=Bound(8, 12),
)
EDGE = Origin("edge", Position.EDGE, "192.0.2.1", frozenset({TRUSTED}))


@pytest.fixture
def limited(gateway):
    return gateway.ruled(Policy(limits=SMALL))


async def send(gateway, raw, minutes=0, **where):
    """Receive it so many minutes after noon; the disposition and reason that were written down."""
    arrival = replace(gateway.arrival(raw, **where), at=NOON + timedelta(minutes=minutes))
    receipt = await gateway.receiver(arrival)
    found = gateway.message(receipt.id)
    return found["disposition"], found["reason"]


def mail(number, author="tecnico@rossi.example", **more):
    return letter(author, message_id=f"{number}@x.example", text=f"Numero {number}.", **more)


ACCEPTED, HELD, IGNORED = ("accept", "registered"), ("quarantine", "rate-limit"), ("discard", "rate-limit")


async def test_a_flood_is_held_then_ignored_and_an_hour_later_it_is_over(limited):
    """Each has its record and its bytes, and the balance is level (I11, I12)."""
    flood = [await send(limited, mail(number)) for number in range(7)]
    assert flood == [ACCEPTED] * 3 + [HELD] * 2 + [IGNORED] * 2
    assert await send(limited, mail(7), minutes=121) == ACCEPTED
    assert len(limited.tickets) == 4
    assert all(limited.raw(one["id"]) for one in limited.messages)
    assert all(row["ok"] for row in limited.balance)


async def test_another_customer_does_not_feel_it(limited):
    for number in range(7):
        await send(limited, mail(number))
    assert await send(limited, mail(8, "john@smith.example")) == ACCEPTED


async def test_a_stranger_with_the_customers_name_uses_up_nothing_of_theirs(limited):
    """Forged, at the edge and behind an MTA, until it is ignored."""
    forged = [await send(limited, mail(number, dmarc="fail"), origin=EDGE) for number in range(7)]
    assert forged == [("quarantine", "unauthenticated")] * 3 + [HELD] * 2 + [IGNORED] * 2
    assert await send(limited, mail(9)) == ACCEPTED


async def test_an_unknown_colleague_uses_up_nothing_of_a_customers(limited):
    """Their domain is proved, and shared with people who are on no account."""
    told = [await send(limited, mail(number, f"u{number}@rossi.example")) for number in range(7)]
    assert told == [("quarantine", "unregistered")] * 3 + [HELD] * 2 + [IGNORED] * 2
    assert await send(limited, mail(9)) == ACCEPTED


async def test_a_flood_of_ever_new_names_is_bounded_in_the_quarantine_and_in_rows(limited):
    """Beyond what the ingress takes, nothing is held, and only the ingress goes on to count."""
    for number in range(40):
        await send(limited, mail(number, f"u{number}@d{number}.example"))
        await send(limited, mail(number, f"u{number}@e{number}.example", dmarc="fail"), origin=EDGE)
    held = [one for one in limited.messages if one["disposition"] == "quarantine"]
    assert len(held) <= SMALL.per_ingress.ignore + SMALL.unproved_per_peer.ignore
    rows = limited.database.read(lambda connection: connection.execute(select(func.count(t.rate.c.key))).scalar_one())
    assert rows <= 2 * len(held) + 3  # an author and a domain each, two counters of the ingresses, a peer


async def test_a_repetition_counts_once_and_is_not_held(limited):
    """I4: the border may hand a message over again at any time, in the middle of a flood too."""
    for _ in range(5):
        await send(limited, mail(1))
    assert await send(limited, mail(2)) == ACCEPTED
    assert await send(limited, mail(3)) == ACCEPTED
    assert await send(limited, mail(4)) == HELD
    assert await send(limited, mail(1)) == ("discard", "duplicate")
    assert await send(limited, mail(4)) == ("discard", "duplicate")
    assert len(limited.tickets) == 3


async def test_what_was_ignored_suppresses_nothing(limited):
    """Nobody has seen it; when it comes again after the flood, it is a message."""
    for number in range(6):
        await send(limited, mail(number))
    assert await send(limited, mail(5)) == IGNORED
    assert await send(limited, mail(5), minutes=200) == ACCEPTED


async def test_a_ticket_has_a_limit_of_its_own(limited):
    """A robot that answers in one ticket, from whichever address."""
    first = await limited.receive(mail(0))
    tagged = {"subject": f"[#{first.ticket}] Re"}
    told = [await send(limited, mail(number, **tagged)) for number in (1, 2)]
    told.append(await send(limited, mail(3, "amministrazione@rossi.example", **tagged)))
    assert told == [ACCEPTED, ACCEPTED, HELD]


async def test_who_names_a_ticket_of_another_account_is_no_burden_on_it(limited):
    """R3."""
    first = await limited.receive(mail(0))
    tagged = {"subject": f"[#{first.ticket}] Re"}
    for number in range(4):
        await send(limited, mail(number, "john@smith.example", **tagged))
    assert await send(limited, mail(9, **tagged)) == ACCEPTED


async def test_a_restart_forgets_nothing(limited):
    for number in range(3):
        await send(limited, mail(number))
    with closing(Store(limited.database, Limits())) as store:
        again = limited.examining(book=store, desk=store, keys=store, archive=store)
        again = replace(again, receiver=replace(again.receiver, archive=store), store=store)
        assert await send(again, mail(4)) == HELD


async def test_a_held_message_is_released_in_the_middle_of_a_flood(limited):
    """An operator's release waives the limit, whatever the message is held for, and counts nothing."""
    for number in range(4):
        await send(limited, mail(number))
    held = limited.messages[-1]
    one = limited.database.read(lambda connection: quarantine.held(connection, held["id"]))
    override = Override("anna", frozenset({one.reason}))
    record = await limited.receiver.examine(one.arrival, override)
    limited.database.write(lambda c: quarantine.release(c, record, override, Limits(), NOON))
    assert limited.message(held["id"])["disposition"] == "accept"
    assert record.case.counted == ()


@pytest.mark.parametrize("dmarc", ["pass", "fail"])
async def test_at_the_edge_a_stranger_hears_the_same_throughout(limited, dmarc):
    """I10: before a limit, held, and ignored."""
    answers = set()
    for number in range(8):
        arrival = limited.arrival(mail(number, "eve@attack.example", dmarc=dmarc), origin=EDGE)
        receipt = await limited.receiver(arrival)
        answers.add(answer(receipt, Position.EDGE).octets.replace(receipt.id.encode(), b"ID"))
    assert len(answers) == 1


async def test_operators_hear_of_a_flood_when_it_begins_is_ignored_and_is_over(limited):
    """Three lines, however many messages; the address of a stranger is in none of them."""
    with capture_logs() as lines:
        for number in range(8):
            await send(limited, mail(number, "eve@attack.example"))
        await send(limited, mail(9, "eve@attack.example"), minutes=121)
    told = [line for line in lines if line["event"].startswith("flood.") and line["limit"] == "per_domain"]
    assert [line["event"] for line in told] == ["flood.began", "flood.ignored", "flood.ended"]
    assert (told[0]["of"], told[0]["hold"], told[0]["ignore"]) == ("attack.example", 3, 5)
    assert told[2]["messages"] == 5
    assert "eve@" not in str(told)
    text = page(limited.meters)
    assert 'gateway_floods_total{bound="hold",limit="per_author"} 2.0' in text
    assert 'gateway_floods_total{bound="ignore",limit="per_author"} 3.0' in text


async def test_a_flood_after_which_nothing_comes_is_over_with_the_next_message_of_anybody(limited):
    for number in range(4):
        await send(limited, mail(number))
    with capture_logs() as lines:
        await send(limited, mail(9, "john@smith.example"), minutes=90)
    assert [line["event"] for line in lines if line["event"].startswith("flood.")] == ["flood.ended"]
