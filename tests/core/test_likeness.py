"""Which addresses resemble a registered one, whether they are found by its keys, and which do not."""

from __future__ import annotations

import pytest

from gateway.core.address import Address
from gateway.core.likeness import PROBES, How, face, keys, likeness, probes


def resemblance(author, registered):
    """As the store finds it: by the keys alone, then compared."""
    author, faces = Address.parse(author), {face(Address.parse(one)) for one in registered.split()}
    looked_for = set(probes(author))
    found = likeness(author, [one for one in faces if keys(one) & looked_for])
    return found.popitem()[1] if found else None


@pytest.mark.parametrize(
    ("author", "how"),
    [
        ("x@xn--rssi-55d.example", How.SAME),
        ("x@r0ssi.example", How.SAME),
        ("x@rossl.example", How.SAME),
        ("x@r0ssi.com", How.SAME),
        ("x@rossi.com", How.ENDING),
        ("x@rossi.co.uk", How.ENDING),
        ("x@mail.rossi.com", How.ENDING),
        ("x@rosssi.example", How.LETTER),
        ("x@rosi.example", How.LETTER),
        ("x@rasso.example", None),
        ("x@rassi.example", How.LETTER),
        ("x@rsosi.example", How.LETTER),
        ("x@orssi.example", How.LETTER),
        ("x@rosis.example", How.LETTER),
        ("x@ros-si.example", How.LETTER),
        ("x@rossii.example", How.LETTER),
        ("x@ossi.example", How.LETTER),
        ("x@mail.rosssi.example", How.LETTER),
        ("x@a.b.c.d.e.rosssi.example", How.LETTER),
        ("x@rossi.example.attack.example", How.INSIDE),
        ("x@r0ssi.example.attack.example", How.INSIDE),
        ("anybody@rossi.example", None),
        ("anybody@mail.rossi.example", None),
        ("x@studiorossi.example", None),
        ("x@rossi.attack.example", None),
        ("rossi@attack.example", None),
        ("x@example", None),
    ],
)
def test_a_domain_of_a_firm(author, how):
    """One letter, one look, another ending; colleagues and the domain's own hosts resemble nobody."""
    assert resemblance(author, "mario@rossi.example") is how


@pytest.mark.parametrize(
    ("author", "how"),
    [
        ("mario@grnail.com", How.SAME),
        ("mario@gmall.com", How.SAME),
        ("mario@gmial.com", How.LETTER),
        ("mario@gmaill.com", How.LETTER),
        ("mario@gmail.it", How.ENDING),
        ("mario@mail.gmial.com", How.LETTER),
        ("mario@gmail.com.attack.example", How.INSIDE),
        ("mari0@gmail.com", How.SAME),
        ("rnario@gmail.com", How.SAME),
        ("marioo@gmail.com", How.LETTER),
        ("maroi@gmail.com", How.LETTER),
        ("maria@gmail.com", How.LETTER),
        ("mario@ymail.com", None),
        ("mario@libero.it", None),
        ("anna@gmail.com", None),
        ("anna@gmial.com", None),
        ("mario@attack.example", None),
    ],
)
def test_an_address_at_a_provider(author, how):
    """The local part counts with the domain: other people's addresses at the same provider are other people's."""
    assert resemblance(author, "mario@gmail.com") is how


def test_a_short_name_is_not_one_letter_from_another():
    """Of short names nearly all are neighbours: there only what looks the same counts, with any ending."""
    assert resemblance("x@abd.example", "x@abc.example") is None
    assert resemblance("x@comune.pu.it", "x@comune.pi.it") is None
    assert resemblance("g.rossi@gmail.com", "m.rossi@gmail.com") is None
    assert resemblance("x@abc.com", "x@abc.example") is How.ENDING


def test_a_colleague_resembles_nobody_not_even_another_customer():
    """Two customers may have domains that are alike."""
    assert resemblance("nobody@rosssi.example", "a@rossi.example b@rosssi.example") is None


def test_the_keys_of_one_author_are_bounded():
    """A domain of many labels is a stranger's to choose."""
    many = "x@" + ".".join(["abcdefghij"] * 20) + ".gmial.com"
    assert 10 <= len(probes(Address.parse(many))) <= PROBES
    assert len(keys("rnario.clara@gmail.com")) <= 4
