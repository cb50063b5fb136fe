"""Rates in the database: a sliding hour of two buckets, one row for each counter and hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gateway.core.rates import Counter, Rates
from gateway.store import rates
from gateway.store import tables as t

TWELVE = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROSSI = Counter("account", "per_account", "r", "ROSSI-001")
SMITH = Counter("account", "per_account", "s", "SMITH-001")
AUTHOR = Counter("author", "per_author", "a", "rossi.example")


def counted(gateway, at, counters=(ROSSI,), times=1):
    for _ in range(times):
        gateway.database.write(lambda connection: rates.count(connection, counters, at))


def found(gateway, at, counters=(ROSSI,)):
    return gateway.database.read(lambda connection: rates.rates(connection, counters, at))


def test_each_counter_is_a_field_of_its_own(gateway):
    """What counted in two places is found in both, and nothing of another's."""
    counted(gateway, TWELVE, (ROSSI, AUTHOR), 2)
    counted(gateway, TWELVE, (SMITH,), 5)
    assert found(gateway, TWELVE, (ROSSI, AUTHOR)) == Rates(author=2, account=2)
    assert found(gateway, TWELVE, ()) == Rates()


@pytest.mark.parametrize(("minutes", "wanted"), [(0, 60), (15, 45), (30, 30), (59, 1), (60, 0), (61, 0)])
def test_of_the_hour_before_as_much_counts_as_the_last_hour_has_of_it(gateway, minutes, wanted):
    """60 that came between eleven and twelve fade away between twelve and one."""
    counted(gateway, TWELVE - timedelta(minutes=1), times=60)
    assert found(gateway, TWELVE + timedelta(minutes=minutes)).account == wanted


def test_a_clock_that_is_set_back_finds_nothing_and_breaks_nothing(gateway):
    counted(gateway, TWELVE, times=3)
    assert found(gateway, TWELVE - timedelta(hours=5)) == Rates()
    counted(gateway, TWELVE - timedelta(hours=5))
    assert found(gateway, TWELVE).account == 3


def test_hours_that_are_over_are_swept_away(gateway):
    """A day later: this hour and the twenty-four before are kept."""
    for hours in range(30):
        counted(gateway, TWELVE + timedelta(hours=hours), (ROSSI, SMITH))
    kept = select(func.count(), func.min(t.rate.c.hour))
    rows = gateway.database.read(lambda connection: connection.execute(kept).one())
    assert rows == (50, TWELVE.timestamp() // 3600 + 5)


def test_a_gateway_whose_clock_is_ahead_takes_nothing_from_the_others(gateway):
    """What they need still is kept, though it is long over by its own."""
    counted(gateway, TWELVE, times=5)
    counted(gateway, TWELVE + timedelta(hours=20))
    assert found(gateway, TWELVE).account == 5
