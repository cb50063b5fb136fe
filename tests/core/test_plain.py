"""Text as a person reads it: the disguises of names undone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.plain import key, plain


@pytest.mark.parametrize(
    "disguised",
    [
        "rossi[.]example",
        "rossi (.) example",
        "rossi [dot] example",
        "rossi {DOT} example",
        "rossi(punto)example",
        "rossi\\.example",
        "rossi%2eexample",
        "%72ossi%2Eexample",
        "rossi\uff0eexample",
        "rossi\uff61example",
        "rossi\u3002example",
        "\uff52\uff4f\uff53\uff53\uff49.example",
        "\U0001d5cb\u24de\U0001d600\U0001d600i.example".replace("\U0001d600", "\u017f"),
        "ro\u200bssi.exa\u00admple",
        "ros\u2060si\ufe0f.\u202eexample\u202c",
        "rossi%EF%BC%8Eexample",
    ],
)
def test_a_disguise_is_undone(disguised):
    """What a person reads as rossi.example is read so here."""
    assert plain(disguised) == "rossi.example"


@pytest.mark.parametrize("text", ["", "Perché no? (sì) [forse] 100% e.g. a.b", "xn--\x00", "xn--99999999", "100%zz"])
def test_what_is_no_disguise_stays(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Rossi.Example", "rossi.example"),
        ("xn--perch-fsa.example", "perché.example"),
        ("XN--PERCH-FSA.example", "perché.example"),
        ("perche\u0301.example", "perché.example"),
        ("HOST-12345", "host-12345"),
        ("VPS\u201042", "vps-42"),
    ],
)
def test_the_key_of_a_name_is_how_it_is_read(name, wanted):
    """A-labels become letters, capitals small ones; a name written in either way has one key."""
    assert key(name) == wanted


@given(st.text(max_size=300))
def test_any_text_is_read_and_can_be_stored(text):
    """Total (I7): no lone surrogate comes out of an A-label either."""
    assert plain(text.encode("utf-8", "replace").decode()).encode() is not None
