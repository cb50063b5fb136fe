"""daticert.xml: what it says, and what is no such document."""

from __future__ import annotations

import pytest

from gateway.core import pec_data
from gateway.core.pec_data import certified
from pec_signing import ANNA, US, data

LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


def test_what_it_certifies():
    """RFC 6109 §4.4: kind and error, the sender, every recipient."""
    found = certified(data(ANNA, US, "altro@pec.example"))
    assert (found.kind, found.error, str(found.sender)) == ("posta-certificata", "nessuno", ANNA)
    assert [str(one) for one in found.recipients] == [US, "altro@pec.example"]


def test_a_recipient_that_cannot_be_read_is_none_of_ours():
    """The others count."""
    assert [str(one) for one in certified(data(ANNA, "nobody", US)).recipients] == [US]


def test_other_encodings_and_spaces_are_read():
    """As expat knows them; blanks around an address are none of it."""
    octets = data(f" \n{ANNA} ").replace(b"UTF-8", b"ISO-8859-1").replace(b"Il sito", b"perch\xe9")
    assert str(certified(octets).sender) == ANNA


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no xml",
        data()[:-20],
        data().replace(b"<postacert ", LAUGHS + b"<postacert ").replace(b"Il sito", b"&b;"),
        data().replace(b"<postacert ", b'<!DOCTYPE postacert SYSTEM "file:///etc/passwd"><postacert '),
        data().replace(b"Il sito", b"&b;"),
        data().replace(b"UTF-8", b"x-unknown"),
        data().replace(b"UTF-8", b"utf-7"),
        data().replace(b"<risposte>", b"<mittente>eve@attack.example</mittente><risposte>"),
        data().replace(b"mittente>", b"autore>"),
        data("nobody"),
        data(f"{ANNA}, eve@attack.example"),
        b"<intestazione><mittente>a@b.example</mittente></intestazione>",
        b"<x>" * (pec_data.DEPTH + 1) + b"</x>" * (pec_data.DEPTH + 1),
        data() + b" " * pec_data.OCTETS,
    ],
    ids=lambda octets: octets[-30:].decode(errors="replace").replace("\n", " "),
)
def test_what_is_no_certificate_is_refused_in_words(octets):
    """No entity is declared, nothing is fetched, nothing is guessed; every fault is one kind of exception."""
    with pytest.raises(ValueError, match=r"\w"):
        certified(octets)
