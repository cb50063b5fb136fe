"""What a message is about: the domain names in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.mentions import CANDIDATES, NAMES, domain_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("il sito rossi.example non va", ("rossi.example",)),
        ("WWW.Rossi.Example.", ("www.rossi.example", "rossi.example")),
        ("https://www.rossi.example/path?x=a.b", ("www.rossi.example", "rossi.example")),
        ("(rossi.example), «smith.example»", ("rossi.example", "smith.example")),
        ("perché.example", ("xn--perch-fsa.example",)),
        ("xn--perch-fsa.example", ("xn--perch-fsa.example",)),
        ("scrivete a tecnico@rossi.example", ()),  # whom to write to is not what it is about
        ("first.last@rossi.example", ()),
        ("192.0.2.1, 3.14, e.g., fine.", ()),
        ("-rossi.example _a.rossi.example", ()),
        ("rossi", ()),
    ],
)
def test_a_domain_name_is_found_where_a_person_sees_one(text, names):
    """With its parents, in A-labels; the domain of an address is not one."""
    assert domain_names("", text) == names
    assert domain_names(text, "") == names


def test_the_number_of_names_is_bounded():
    """However many are named, and however many are tried in vain."""
    assert len(domain_names("", " ".join(f"d{number}.example" for number in range(1000)))) == NAMES
    assert domain_names("", "ⅷ.ⅷⅷ " * CANDIDATES + "rossi.example") == ()


@given(st.text(max_size=500))
def test_any_text_is_read(text):
    assert all(name == name.lower() and "." in name for name in domain_names(text, text))
