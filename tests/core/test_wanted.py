"""What words mean: terms, and days."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.core.wanted import CHARACTERS, TERMS, wanted

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("tuesday", 17),
        ("Martedì", 17),
        ("martedi'", 17),
        ("sunday", 22),
        ("lunedì", 16),
        ("ieri", 21),
        ("today", 22),
        ("2026-11-17", 17),
        ("17/11/2026", 17),
    ],
)
def test_a_day_in_two_languages(words, day):
    """A weekday is the last one that has begun; a day is one of UTC."""
    found = wanted(["rossi", words], SUNDAY)
    assert found.terms == ("rossi",)
    assert found.since == datetime(2026, 11, day, tzinfo=UTC)
    assert (found.before - found.since).days == 1


def test_two_days_are_all_between_them():
    found = wanted(["2026-11-19 2026-11-17"], SUNDAY)
    assert (found.terms, found.since.day, found.before.day) == ((), 17, 20)
    assert str(found) == "from 2026-11-17 to 2026-11-19"


@pytest.mark.parametrize("word", ["2026-02-30", "9999-12-31", "31/31/2026", "marted%", "2026-11-17T10"])
def test_what_is_no_day_is_a_term(word):
    assert wanted([word], SUNDAY).terms == (word,)


def test_what_stands_around_an_id_is_taken_off():
    assert wanted(["<m1@rossi.example>,"], SUNDAY).terms == ("m1@rossi.example",)


@pytest.mark.parametrize(
    "words", [[], [" \0\x1b"], ["<>"], ["x" * (CHARACTERS + 1)], ["x" * 10_000], map(str, range(TERMS + 1))]
)
def test_nothing_and_too_much_are_refused(words):
    """With words that say what would be right; nothing that is kept is as long."""
    with pytest.raises(ValueError, match=r"nothing to look for|too much"):
        wanted(words, SUNDAY)
