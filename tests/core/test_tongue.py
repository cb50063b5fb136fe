"""Tongue: Italian, English, or nothing."""

from __future__ import annotations

import pytest

from gateway.core.account import Language
from gateway.core.tongue import CHARACTERS, tongue
from intent_sentences import ENGLISH, ITALIAN


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Buongiorno, il sito non risponde.", Language.IT),
        ("PERCHÉ IL SITO NON RISPONDE?", Language.IT),
        ("perche' la posta non arriva", Language.IT),
        ("Hello, the site is down.", Language.EN),
        ("I can't log in to the panel", Language.EN),
        ("Bonjour, mon site ne marche pas.", None),
        ("Guten Tag, die Seite ist nicht erreichbar.", None),
        ("rossi.example", None),
        ("", None),
        ("Buongiorno, the site is down e non risponde. Please help us, grazie.", None),
    ],
)
def test_small_words_tell(text, language):
    """Few of them, or those of both, tell nothing."""
    assert tongue(text) is language


def test_of_what_customers_write_none_is_taken_for_the_other_language():
    """The sentences of the intents: short ones may stay untold."""
    for table, other in ((ITALIAN, Language.EN), (ENGLISH, Language.IT)):
        found = [tongue(written) for written, _ in table]
        assert other not in found
        assert found.count(None) < len(table) / 4


def test_the_beginning_tells():
    """I7: so much is read, and no more."""
    assert tongue("x " * (CHARACTERS // 2) + "the site is down") is None
