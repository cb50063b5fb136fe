"""I9: a look-up that failed is not a "no": it defers, and writes nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import mail

from gateway.core.reference import tag
from gateway.core.verdict import Defer
from gateway.ports import Unavailable
from house import examining, letter
from statements import watched

LOOK_UPS = ("registered", "holders", "tickets", "record")


class Away:
    """A store of which one question cannot be answered."""

    def __init__(self, store, question):
        self._store, self._question = store, question
        self.asked = False

    def __getattr__(self, name):
        if name != self._question:
            return getattr(self._store, name)

        async def unavailable(*_, **__):
            self.asked = True
            raise Unavailable(f"{name}: the database is away")

        return unavailable


@pytest.mark.parametrize("question", LOOK_UPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=mail())
async def test_i9_what_could_not_be_asked_defers(gateway, question, message):
    """Whoever wrote, and whatever the message is: once a question was asked in vain, the answer is to try again."""
    away = Away(gateway.store, question)
    receiver = examining(replace(gateway.receiver, archive=away), book=away, desk=away, archive=away)
    before = len(gateway.messages)
    receipt = await receiver(gateway.arrival(message[0]))
    assert isinstance(receipt.verdict, Defer) == away.asked
    if away.asked:
        assert len(gateway.messages) == before


async def test_i9_every_query_that_the_database_refuses_defers(gateway):
    """The same from below: each SELECT of one message's way fails once, over the real store, and none is a "no"."""
    ticket = (await gateway.receive(letter())).ticket
    raw = letter(subject=f"{tag(ticket)} rossi.example", message_id="m2@rossi.example")
    written, refused = len(gateway.messages), 0
    while True:
        seen = iter(range(1_000))

        def fail(statement, seen=seen, position=refused):
            if statement.startswith("SELECT") and next(seen) == position:
                raise sqlite3.OperationalError("disk I/O error")

        with watched(before=fail):
            receipt = await gateway.receive(raw)
        if not isinstance(receipt.verdict, Defer):
            break
        refused += 1
        assert len(gateway.messages) == written
    assert refused > 3
    assert receipt.ticket == ticket
