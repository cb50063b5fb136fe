"""The clock: told while it is behind itself, and no longer."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from gateway.ops.clock import Clock, tell_if_behind
from house import NOW


def test_a_clock_that_goes_back_is_told_of_until_it_is_where_it_was():
    """What it had said before is when the trouble ends."""
    hours = [0, 1, 0, 0.5, 1, 2]
    times = iter([NOW + timedelta(hours=one) for one in hours])
    clock = Clock(lambda: next(times))
    told = [clock.trouble() for _ in hours[1:]]
    assert [bool(one) for one in told] == [False, True, True, False, False]
    assert "before 2026-11-22T13:00:00" in told[1]


def test_what_a_time_daemon_takes_back_is_no_trouble():
    """A minute, and no more."""
    seconds = [100, 40, 39]
    times = iter([NOW + timedelta(seconds=one) for one in seconds])
    clock = Clock(lambda: next(times))
    assert [bool(clock.trouble()) for _ in seconds[1:]] == [False, True]


def test_a_clock_before_the_newest_message_is_told_of_at_the_start():
    """Nothing has come in tomorrow; but where nothing came in at all nobody knows."""
    hour = timedelta(hours=1)
    with capture_logs() as logs:
        for newest in (None, NOW - hour, NOW, NOW + hour):
            tell_if_behind(NOW, newest)
    assert [one["event"] for one in logs] == ["clock.behind"]
    assert "the newest message came at 2026-11-22T13:00:00" in logs[0]["why"]
