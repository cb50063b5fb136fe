"""I9: a look-up that failed is not a "no": it defers, and writes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import mail

from gateway.core.verdict import Defer
from gateway.ports import Unavailable

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
    receiver = replace(gateway.receiver, book=away, desk=away, archive=away)
    before = len(gateway.messages)
    receipt = await receiver(gateway.arrival(message[0]))
    assert isinstance(receipt.verdict, Defer) == away.asked
    if away.asked:
        assert len(gateway.messages) == before
