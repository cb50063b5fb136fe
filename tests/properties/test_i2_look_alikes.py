"""I2 against look-alikes: every address one letter from a registered one is found, and none of them gets in."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.address import Address
from gateway.core.likeness import LETTERS, face, keys, likeness, probes
from gateway.core.providers import SHARED
from gateway.store import book
from house import NOW, ROSSI, letter

LETTER = st.sampled_from(string.ascii_lowercase + string.digits)
NAME = st.text(LETTER, min_size=LETTERS, max_size=20)
GMAIL = Address.parse("mario.rossi@gmail.com")


@st.composite
def one_letter_off(draw, name):
    """The name with a letter more, less, other, or two neighbours exchanged."""
    at = draw(st.integers(0, len(name) - 1))
    new = draw(LETTER)
    return draw(
        st.sampled_from(
            [
                name[:at] + new + name[at:],
                name + new,
                name[:at] + name[at + 1 :],
                name[:at] + new + name[at + 1 :],
                name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
            ]
        )
    )


def found(author, registered):
    """By the keys alone, as in the database, then compared."""
    return bool(keys(registered) & set(probes(author)) and likeness(author, [registered]))


@pytest.mark.parametrize(("name", "other"), [("teclab", "teciab"), ("teciab", "tec1ab"), ("00000c1", "00000ci")])
def test_i2_i_for_l_behind_a_c_is_found(name, other):
    """Of the two only one has a cl, which looks like d: the whole letters are the same, the skeletons are not."""
    assert found(Address("x", f"{other}.it"), f"{name}.it")
    assert found(Address("x", f"{name}.it"), f"{other}.it")


@settings(max_examples=500)
@given(data=st.data(), name=NAME, ending=st.sampled_from(["it", "com", "co.uk"]))
def test_i2_every_domain_one_letter_off_is_found(data, name, ending):
    """Exactly: whatever the letter and wherever it stands."""
    other = Address("x", f"{data.draw(one_letter_off(name))}.{ending}")
    domain = f"{name}.it"
    if other.domain not in {domain, *SHARED} and domain not in SHARED:
        assert found(other, domain)


@settings(max_examples=300)
@given(data=st.data(), name=NAME)
def test_i2_every_local_part_one_letter_off_is_found_at_a_provider(data, name):
    """Of addresses that share a provider it is the local part that differs."""
    registered = face(Address(name, "libero.it"))
    other = Address(data.draw(one_letter_off(name)), "libero.it")
    assert other.key == registered or found(other, registered)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_i2_no_look_alike_is_ever_accepted(gateway, data):
    """End to end, proved as well as can be: held as what it is, or it is the customer's own address."""
    with_gmail(gateway)
    local, _, domain = data.draw(
        st.sampled_from(["tecnico@rossi.example", "john@smith.example", str(GMAIL)])
    ).partition("@")
    if domain == GMAIL.domain:
        author = Address(data.draw(one_letter_off(local)), domain)
    else:
        author = Address(local, data.draw(one_letter_off(domain.partition(".")[0])) + ".example")
    receipt = await gateway.receive(letter(str(author), message_id=f"{author.key}.x"))
    registered = gateway.database.read(lambda connection: book.registered(connection, author))
    reason = gateway.message(receipt.id)["reason"]
    assert reason in ({"registered", "duplicate"} if registered else {"look-alike", "duplicate"})


def with_gmail(gateway):
    if not gateway.database.read(lambda connection: book.registered(connection, GMAIL)):
        gateway.database.write(lambda connection: book.add_address(connection, ROSSI, GMAIL, now=NOW, by="ops"))
