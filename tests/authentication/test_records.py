"""Records: no octets from a nameserver raise, whatever stands behind the right id and question."""

import pytest
from dns import message
from dns.rrset import from_text
from hypothesis import given
from hypothesis import strategies as st

from gateway.authentication.cache import Fresh
from gateway.authentication.records import Trouble, answers, query, read
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


@pytest.mark.parametrize("kind", ["A", "TXT"])
def test_records_of_others_do_not_count(kind):
    """Only records of the name that was asked for, or that its aliases lead to, are its answer."""
    stray = from_text("victim.it.", 60, "IN", kind, *("192.0.2.66",) if kind == "A" else ('"v=spf1 +all"',))
    assert read(bytes(response(kind, stray))) == read(bytes(response(kind)))


def test_a_name_that_is_no_name_and_yet_answers():
    """NXDOMAIN with an answer in it contradicts itself, and is no "no"."""
    wire = response("A")
    wire[3] |= 3
    assert isinstance(read(bytes(wire)), Trouble)
