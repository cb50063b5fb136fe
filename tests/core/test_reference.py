"""Ticket references as people write them: in a subject tag, and in running text behind a word that says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.reference import MENTIONS, Found, claims, make_reference

REF = make_reference(2**44 + 12345)


def found(subject="", text=""):
    return [(claim.reference, claim.found) for claim in claims(subject, (), (), "gateway.example.it", text)]


@pytest.mark.parametrize(
    "text",
    [
        f"[#{REF}]",
        f"#{REF}",
        f"il ticket {REF}, grazie",
        f"Ticket n. {REF}.",
        f"richiesta: {REF}",
        f"Rif. {REF}",
        f"RIFERIMENTO {REF.lower()}",
        f"your request\n{REF}",
        f"case #{REF}",
        f"ticket_{REF}",
        f"la n.{REF}",
        f"ticket ({REF})",
        f"ticket {REF.replace('-', chr(0x2013))}",
    ],
)
def test_a_reference_behind_a_word_is_one(text):
    """Or behind a #, as our own tag writes it."""
    assert found(text=text) == [(REF, Found.TEXT)]


@pytest.mark.parametrize(
    "text",
    [
        REF,
        f"codice {REF}",
        f"biglietticket {REF}",
        f"ticket {REF}X",
        f"ticket {REF}-A1",
        f"ticket A{REF}",
        f"ticket {REF[:-1]}{'A' if REF[-1] != 'A' else 'B'}",
        f"ticket {'.' * 9}{REF}",
    ],
)
def test_other_numbers_of_the_same_form_are_none(text):
    """A bare one, one in a longer word, one with a wrong check letter (decision 0006)."""
    assert found(text=text) == []


def test_the_tag_is_the_stronger_claim():
    """The subject stands in the reading, too, and is not told twice."""
    other = make_reference(7)
    assert found(f"[#{REF}]", f"[#{REF}] ticket {other}") == [(REF, Found.TAG), (other, Found.TEXT)]


def test_the_number_of_references_is_bounded_and_more_are_told():
    text = " ".join(f"#{make_reference(number)}" for number in range(MENTIONS * 2))
    assert len(found(text=text)) == MENTIONS + 1


@given(st.text("ticke# -n.0A1B\u2013", max_size=200))
def test_any_text_is_read(text):
    """Total (I7): each claim is a reference as we write it."""
    assert all(make_reference(0)[5] == reference[5] == "-" for reference, _ in found(text=text))
