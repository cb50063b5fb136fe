"""The watch: days before an end it is told, once a day, and kept for whoever reads the metrics."""

from __future__ import annotations

from datetime import timedelta

import pytest
from making import NOW

from gateway.ops.meters import Meters
from gateway.tokens.watch import LOOK, nearing, watch


class EnoughError(Exception):
    pass


async def looks(bench, number, ends):
    source, meters, waits = bench.source(ends=ends), Meters(), []

    async def pause(seconds):
        waits.append(seconds)
        bench.clock.pass_by(seconds=seconds)
        if len(waits) == number:
            raise EnoughError

    with pytest.raises(EnoughError):
        await watch(lambda: [source], meters, bench.clock.now, pause)
    assert set(waits) == {LOOK}
    return meters


async def test_an_end_within_two_weeks_is_told_once_a_day(bench, logged):
    """The day before it comes into sight nothing is said; then a line a day."""
    meters = await looks(bench, 49, NOW + timedelta(days=15))
    told = [(one["state"], one["days"]) for one in logged if one["event"] == "credential.ends"]
    assert told == [("ending", 14), ("ending", 13)]
    assert meters.endings == {"box": NOW + timedelta(days=15)}


async def test_what_is_due_is_renewed_though_nobody_asks(bench):
    """A connection that lives for days asks for no token: consent that was taken back is noticed all the same."""
    await looks(bench, 3, None)
    assert len(bench.auth.asked) == 3


async def test_a_source_that_fails_stops_no_watch(bench, logged):
    """It has told itself what is wrong."""
    bench.auth.refresh = "another"
    await looks(bench, 2, NOW + timedelta(days=1))
    assert {one["event"] for one in logged} == {"credential.failed", "credential.ends"}


@pytest.mark.parametrize(("days", "state"), [(None, ""), (15, ""), (14, "ending"), (1, "ending"), (0, "ended")])
def test_when_somebody_has_to_act(days, state):
    """Two weeks before."""
    assert nearing(None if days is None else NOW + timedelta(days=days), NOW) == state
