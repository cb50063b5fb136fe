"""Whether a primary works: failures add up within a month, and a primary that fails stays so until a success."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from gateway.core.account import Turn
from gateway.core.reply import Delivered, Failed
from gateway.store import letters, outbox
from house import NOW, ROSSI, letter

HARD = Failed("550 5.1.1 unknown", hard=True)


LATER = NOW + timedelta(days=999)


@pytest.fixture
async def send(gateway):
    """Write a letter so many days from now and settle it so; what it did to the primary address."""
    await gateway.receive(letter())
    (reply,) = [one.reply for one in gateway.database.read(lambda c: letters.due(c, LATER, 9))]
    gateway.database.write(lambda c: outbox.cancel(c, reply.row, now=NOW, by="ops"))
    outgoing = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id="x@y.example")

    def send(day, outcome):
        another = replace(reply, row=f"R{day:03}")
        gateway.database.write(lambda c: letters.enqueue(c, another, 1, NOW + timedelta(days=day)))
        (due,) = gateway.database.read(lambda c: letters.due(c, LATER, 9))
        return gateway.database.write(lambda c: letters.settle(c, due, outgoing, outcome, at=NOW, next_attempt=None))

    return send


async def test_three_failures_turn_it_and_a_success_turns_it_back(send):
    """Each turn is told once."""
    assert [send(day, HARD) for day in range(4)] == [None, None, Turn(ROSSI, working=False, failures=3), None]
    assert [send(5, Delivered("250")), send(6, Delivered("250"))] == [Turn(ROSSI, working=True, failures=0), None]


async def test_failures_over_a_month_apart_do_not_add_up(send):
    """They decay; of three within a month the third turns it."""
    assert [send(day, HARD) for day in (0, 20, 40)] == [None, None, None]
    assert send(49, HARD) == Turn(ROSSI, working=False, failures=3)


async def test_a_primary_that_fails_stays_so_until_a_success(send):
    """Time alone mends nothing: a later failure is not the first of a new count."""
    for day in range(3):
        send(day, HARD)
    assert send(100, HARD) is None
    assert send(101, Delivered("250")) == Turn(ROSSI, working=True, failures=0)


async def test_what_is_not_about_the_address_is_soft(send):
    """A policy of the smarthost, or five days of silence."""
    assert [send(day, Failed("550 5.7.1 policy")) for day in range(5)] == [None] * 5
