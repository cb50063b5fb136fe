"""Records: no octets from a nameserver raise, whatever stands behind the right id and question."""

import pytest
from dns import message
from dns.rrset import from_text
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.authentication.cache import Fresh
from gateway.authentication.records import RECORDS, Trouble, answers, query, read
from gateway.core.inquiry import Answer, Found, Question

ASKED = {kind: query(Question("a.it", kind), edns=True) for kind in ("TXT", "MX", "PTR", "A", "AAAA")}
DATA = {"TXT": ['"v=spf1" " -all"', '"x"'], "MX": ["10 b.it.", "5 c.it."], "PTR": ["d.it."], "A": ["192.0.2.1"]}


def response(kind, *extra):
    """A whole message: an alias, the records, an SOA."""
    reply = message.make_response(ASKED[kind], recursion_available=True)
    reply.answer.append(from_text("a.it.", 60, "IN", "CNAME", "e.it."))
    reply.answer.append(from_text("e.it.", 90, "IN", kind, *DATA.get(kind, ["2001:db8::1"])))
    reply.answer.extend(extra)
    reply.authority.append(from_text("it.", 60, "IN", "SOA", "n.it. h.it. 1 2 3 4 5"))
    return bytearray(reply.to_wire())


@settings(deadline=None)  # a busy machine is no failure
@given(
    kind=st.sampled_from(sorted(ASKED)),
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 40),
)
def test_total(kind, changes, cut):
    """I7: every octet may be wrong and the end may be missing."""
    wire = response(kind)
    for place, octet in changes:
        wire[place % len(wire)] = octet
    wire = bytes(wire[: len(wire) - cut])
    assert not answers(wire, ASKED[kind]) or isinstance(read(wire), Fresh | Trouble)


@settings(deadline=None)  # a busy machine is no failure
@given(wire=st.binary(max_size=80))
def test_noise(wire):
    """I7: what is no message at all is an answer to nothing."""
    assert not answers(wire, ASKED["A"]) or isinstance(read(wire), Fresh | Trouble)


def test_the_shortest_time_to_live_counts():
    """An answer holds no longer than any link of the chain to it."""
    assert read(bytes(response("A"))) == Fresh(Answer(Found.VALUES, ("192.0.2.1",)), 60)


def test_a_loop_of_aliases():
    """A chain without an end is malformed: it is followed for a bounded number of links."""
    reply = message.make_response(ASKED["A"])
    reply.answer.append(from_text("a.it.", 60, "IN", "CNAME", "b.it."))
    reply.answer.append(from_text("b.it.", 60, "IN", "CNAME", "a.it."))
    assert isinstance(read(reply.to_wire()), Trouble)


@pytest.mark.parametrize("owner", ["victim.it.", "b.it."])
def test_records_of_others_do_not_count(owner):
    """Only records of the name that was asked for, or that its aliases lead to, are its answer."""
    stray = from_text(owner, 60, "IN", "MX", "1 mx.evil.it.")
    assert read(bytes(response("MX", stray))) == Fresh(Answer(Found.VALUES, ("c.it", "b.it")), 60)


def test_a_no_that_names_its_zone_s_nameservers():
    """RFC 2308 §2.2.1: with an SOA beside them they are no referral."""
    reply = message.make_response(ASKED["A"])
    reply.authority.append(from_text("it.", 60, "IN", "NS", "n.it."))
    reply.authority.append(from_text("it.", 60, "IN", "SOA", "n.it. h.it. 1 2 3 4 5"))
    assert read(reply.to_wire()) == Fresh(Answer(Found.NO_DATA), 5)


@pytest.mark.parametrize("section", [6, 8, 10])
def test_too_many_records_are_not_parsed(section):
    """Rule 15: the header's own count is enough to leave a message alone; up to the bound it is read, here in vain."""
    wire = bytearray(message.make_response(query(Question("a.it", "A"), edns=False)).to_wire())
    wire[section : section + 2] = (RECORDS + 1).to_bytes(2, "big")
    assert read(bytes(wire)) == Fresh(Answer(Found.NO_DATA), 300)
    wire[section : section + 2] = RECORDS.to_bytes(2, "big")
    assert isinstance(read(bytes(wire)), Trouble)


def test_a_name_that_is_no_name_and_yet_answers():
    """NXDOMAIN with an answer in it contradicts itself, and is no "no"."""
    wire = response("A")
    wire[3] |= 3
    assert isinstance(read(bytes(wire)), Trouble)
