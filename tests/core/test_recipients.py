"""Recipients: of the envelope where there is one; else those of ours that the header names, bounded and total."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.arrival import Arrival, Envelope, Path
from gateway.core.recipients import ADDRESSES, OCTETS, recipients
from house import BEHIND, NOW


def of(header, envelope=None):
    return recipients(Arrival("A", header + b"\r\n\r\nTo: body+x@example.it\r\n", envelope, BEHIND, NOW))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"To: support+R.T@example.it", ("support+R.T@example.it",)),
        (b"To: support@example.it", ()),
        (b'To: "a+b@c" <support+R.T@example.it>, x@y', ("a+b@c", "support+R.T@example.it")),
        (b"To: a+b@c.example\r\nDelivered-To: bounces+T@example.it", ("bounces+T@example.it", "a+b@c.example")),
        (b"Cc:\r\n support+R.T@example.it", ("support+R.T@example.it",)),
        (b"X-Original-To: bounces+T@example.it\r\nTo: bounces+T@example.it", ("bounces+T@example.it",)),
        (b"Bcc: support+R.T@example.it\r\nSubject: support+R.T@example.it", ()),
    ],
)
def test_without_an_envelope_the_header_tells(header, found):
    """What a mail system wrote comes first; the body tells nothing."""
    assert of(header) == found


def test_an_envelope_is_believed_alone():
    """What stands in the header is then only what the sender wrote."""
    assert of(b"To: support+R.T@example.it", Envelope(None, (Path("a@b"),))) == ("a@b",)


def test_they_are_bounded():
    many = b", ".join(b"a+%d@b" % number for number in range(500))
    assert len(of(b"To: " + many)) == ADDRESSES
    assert of(b"To: " + b"x" * OCTETS + b" support+R.T@example.it") == ()


@given(st.binary(max_size=300))
def test_i7_they_are_total(raw):
    assert all("+" in one for one in recipients(Arrival("A", raw, None, BEHIND, NOW)))
