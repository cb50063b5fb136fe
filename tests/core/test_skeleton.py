"""What looks alike has one form, and the form is found for any text there is."""

# ruff: noqa: RUF001 - ambiguous letters are what is tested

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.skeleton import CHARACTERS, letters, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rоssi", "rossi"),  # a Cyrillic o among Latin letters
        ("гоѕѕі", "rossi"),  # all of it Cyrillic
        ("κατια", "katia"),  # Greek
        ("rօssi", "rossi"),  # Armenian
        ("ꮪmith", "smith"),  # Cherokee
        ("ｒｏｓｓｉ", "rossi"),
        ("ròśşï", "rossi"),
        ("ro\u0301ssi", "rossi"),
        ("ro\u200bssi", "rossi"),
        ("𝓻𝓸𝓼𝓼𝓲", "rossi"),
        ("RoSSI", "rossi"),
        ("r0ssi", "rossi"),
        ("ross1", "rossi"),
        ("rossl", "rossi"),
        ("xn--rssi-55d", "rossi"),
        ("mail.xn--rssi-55d", "mail.rossi"),
        ("rnario", "mario"),
        ("vverdi", "werdi"),
        ("clario", "dario"),
        ("c1ario", "dario"),
        ("straße", "strasse"),
    ],
)
def test_what_looks_alike_has_one_skeleton(one, other):
    """Homographs of other scripts, accents, invisible characters, A-labels, digits, and pairs of letters."""
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("rossi", "rosso"), ("ciao", "dao"), ("anna", "hanna"), ("xn--0", "xn--1")])
def test_what_looks_different_has_another(one, other):
    """An i is folded after the pairs, so that ci is no d; an A-label that decodes to nothing stays what it is."""
    assert skeleton(one) != skeleton(other)


def test_letters_leaves_pairs_alone():
    """One changed character has to stay one, so two are not made one."""
    assert letters("r0nvvcl") == "ronvvcl"


@given(st.text(max_size=400) | st.text("xn-a0.@é\ud800", max_size=80).map(lambda text: f"xn--{text}"))
def test_any_text_has_a_bounded_form_that_can_be_stored(text):
    """I7: nothing is raised, and no lone surrogate reaches the database. One character may stand for 18 (NFKD)."""
    for form in (letters(text), skeleton(text)):
        assert len(form.encode()) <= CHARACTERS * 18 * 4
        assert form.isprintable() or text.isascii()
