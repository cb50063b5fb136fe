"""The nameservers: silence is told once, after more than a hiccup, and so is its end."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.ops.nameservers import AGAIN, EVERY, Nameservers


async def heard(answers):
    """The nameservers after these answers, a plus each; what was told, the troubles and the waits on the way."""
    coming, waits, troubles = iter(answers), [], []

    async def ask():
        return next(coming) == "+"

    async def pause(seconds):
        waits.append(seconds)
        troubles.append(bool(nameservers.trouble()))
        if len(waits) > len(answers):
            raise asyncio.CancelledError

    nameservers = Nameservers(ask, pause)
    with capture_logs() as told, pytest.raises(asyncio.CancelledError):
        await nameservers.run()
    return nameservers, [(one["log_level"], one["event"]) for one in told], troubles, waits


async def test_silence_is_told_once_and_is_trouble_until_somebody_answers():
    """Three in a row; the fourth says nothing new; the first answer ends it."""
    nameservers, told, troubles, waits = await heard("----+")
    assert told == [("warning", "dns.silent"), ("info", "dns.speaks")]
    assert troubles == [False, False, False, True, True, False]
    assert waits == [EVERY, AGAIN, AGAIN, AGAIN, AGAIN, EVERY]
    assert nameservers.unanswered == 0


async def test_a_resolver_that_restarts_is_no_alarm():
    """Two, and an answer: what was missed before does not count."""
    nameservers, told, troubles, _ = await heard("--+--")
    assert told == []
    assert not any(troubles)
    assert nameservers.unanswered == 2
