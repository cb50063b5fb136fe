"""I7: no words make the search for intents raise, hang or tell more than its bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.account import Language
from gateway.core.intent import SHOWN, Intent, intents
from gateway.core.lexicon import LEXICON
from gateway.core.sentences import folded
from gateway.core.tongue import tongue

OF_THE_LEXICON = st.lists(st.sampled_from([*sorted(LEXICON), "rossi.example", ",", ".", "?", "\n\n", "(", "@"]))
WORDS = st.text() | OF_THE_LEXICON.map(" ".join)


@settings(max_examples=200)
@given(WORDS, WORDS)
def test_any_words_have_a_bounded_answer(subject, text):
    """Each intent once at most, with words that stand in the subject or the text."""
    found = intents(subject, text)
    assert len({one.intent for one in found}) == len(found) <= len(Intent)
    assert all(0 < len(one.words) <= SHOWN for one in found)
    assert tongue(text) in (None, *Language)


@given(st.text())
def test_a_fold_keeps_every_place(text):
    """What is found in the fold is shown from the text, so they are equally long."""
    assert len(folded(text)) == len(text)


def test_much_is_read_in_bounded_time():
    """A megabyte of words that all may mean something is read as its first 8 KB are, and no further."""
    for words in ("vorrei cambiare dns ", "a. dns add. ", "if to change the ", "need the the the "):
        long = words * 60_000
        assert intents(long, long) == intents(long[:8192], long[:8192])
