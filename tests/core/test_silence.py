"""A border's silence is told after twenty messages, then hourly, and its end once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.core.border import Alarm, Silence

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def told(heard, every=timedelta(seconds=1)):
    """What is said at each of these messages: (its number from 1, the alarm)."""
    silence, said = Silence(), []
    for number, spoke in enumerate(heard, 1):
        silence, alarm = silence.after(spoke=spoke, at=NOON + number * every)
        if alarm:
            said.append((number, alarm))
    return said


def test_silence_is_told_of_at_the_twentieth_message():
    assert told([False] * 19) == []
    assert told([False] * 30) == [(20, Alarm.SILENT)]


def test_one_field_begins_the_count_anew():
    """Only an unbroken row means that the border does not do its work."""
    assert told([*[False] * 19, True, *[False] * 19]) == []


def test_a_silence_that_lasts_is_told_of_hourly():
    """Four messages an hour: at the twentieth, then every fourth."""
    said = told([False] * 29, every=timedelta(minutes=15))
    assert said == [(20, Alarm.SILENT), (24, Alarm.SILENT), (28, Alarm.SILENT)]


def test_the_end_of_a_silence_is_told_once():
    assert told([*[False] * 20, True, True]) == [(20, Alarm.SILENT), (21, Alarm.SPEAKS)]


def test_a_border_that_comes_and_goes_does_not_fill_the_log():
    """Two silences within an hour are told of once."""
    assert told([*[False] * 20, True, *[False] * 25, True]) == [(20, Alarm.SILENT), (21, Alarm.SPEAKS)]
