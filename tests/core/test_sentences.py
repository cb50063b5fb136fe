"""Sentences: where they end, and folds that keep their places."""

from __future__ import annotations

import pytest

from gateway.core.sentences import folded, placed, sentences, words


@pytest.mark.parametrize(
    ("text", "fold"),
    [
        ("Perché È così", "perche e cosi"),
        ("\u0130stanbul", "istanbul"),
        ("łódź straße", "lodz straße"),
        ("\u00d8RE \u00f8re 5 \u00b5s", "ore ore 5 us"),
        ("\u0440\u0430ssword", "password"),
        ("l\u2019anno", "l'anno"),
        ("1 0 |", "1 0 |"),
    ],
)
def test_a_fold_has_the_length_of_its_text(text, fold):
    """So that what is found in it can be shown as it was written."""
    assert folded(text) == fold
    assert len(fold) == len(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a b. c d? e", [("a b", False), (" c d", True), (" e", False)]),
        ("rossi.example ok", [("rossi.example ok", False)]),
        ("a\nb\n\nc", [("a\nb", False), ("c", False)]),
        ("a:\n- b\n2) c", [("a", False), ("", False), ("- b", False), ("2) c", False)]),
        ("", [("", False)]),
    ],
)
def test_where_sentences_end(text, parts):
    """At marks before a space, at blank lines and bullets; a line that is only broken goes on."""
    assert [(text[start:end], asks) for start, end, asks in sentences(text)] == parts


def test_words_and_their_places():
    """Host names whole where places are wanted."""
    assert [place[0] for place in placed("l'a, www.rossi.example (b-c)")] == [
        *("l", "a", ",", "www.rossi.example", "(", "b", "c", ")"),
    ]
    assert words("l'a, rossi.example\u2026") == ["l", "a", "rossi", "example"]
