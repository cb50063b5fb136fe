"""Bombs leave their words: what a message hides behind a bound is shown or attached, never silently empty."""

import pytest

from measure.bombs import BOMBS, survives


@pytest.mark.parametrize("name", BOMBS)
def test_the_words_of_a_bomb_are_still_there(name):
    """I7 bounds what reading costs; nothing is lost by it."""
    assert survives(BOMBS[name])


@pytest.mark.parametrize("raw", [b"From: anna@rossi.example\r\n\r\n", b"\0"])
def test_nothing_is_seen_where_there_is_nothing(raw):
    """The measure itself can fail."""
    assert not survives(raw)
