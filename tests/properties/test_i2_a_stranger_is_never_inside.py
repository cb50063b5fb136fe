"""I2: whatever stands below what our own side wrote, it neither gains evidence nor takes any away (threats rule 5)."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.address import Address
from gateway.core.inside import GMAIL
from gateway.core.vouch import evidence_from

AUTHOR = Address.parse("anna@rossi.example")
IDS = frozenset({"mx.example.it", "mx.google.com"})
DATE = "; Sun, 22 Nov 2026 12:00:00 +0000"
LMTP = f" from mx.example.it ([192.0.2.1])\r\n\tby imap.example.it with LMTP\r\n\tid a1 for <support@example.it>{DATE}"
BY_GMAIL = f" by 2002:ab2:1785:0:b0:19a:50ce:a944 with SMTP id x5csp577194lqe{DATE} (PST)"
AR, ARC, RECEIVED = "authentication-results", "arc-authentication-results", "received"

results = st.sampled_from(
    ["dmarc=fail header.from=rossi.example", "dmarc=pass header.from=attack.example", "spf=pass", "none"]
)
LIE = "dmarc=pass header.from=rossi.example"
ids = st.sampled_from(sorted(IDS))
scraps = ["by imap.example.it", "with LMTP", "id 1", "(", ")", ";", '"', "\\", "by 2002::1 with SMTP id 1", "from x"]
helos = st.one_of(
    st.just("x"),
    st.just("x by imap.example.it with LMTP id 1"),
    st.lists(st.sampled_from(scraps), min_size=1, max_size=7).map(" ".join),
)


@st.composite
def ours(draw):
    """What our own side writes, the last of it first: hops, the border's word, and the door that it came in by."""
    helo, word = draw(helos), draw(results)
    said = [(AR, f" mx.example.it; {word}")] if draw(st.booleans()) else []
    sealed = [(ARC, f" i=1; mx.google.com; {word}")] if draw(st.booleans()) else []
    by_postfix = f" from {helo} (unknown [203.0.113.9])\r\n\tby mx.example.it (Postfix) with ESMTPS id 4F"
    by_google = f" from {helo} (x. [203.0.113.9])\r\n\tby mx.google.com with ESMTPS id q4 for <s@e> (version=TLS1_3)"
    submitted = f" from {helo} (x. [203.0.113.9])\r\n\tby smtp.gmail.com with ESMTPSA id q4"
    return draw(
        st.sampled_from(
            [
                [("return-path", " <a@b>"), (RECEIVED, LMTP), *said, (RECEIVED, by_postfix + DATE)],
                [("return-path", " <a@b>"), *said, (RECEIVED, by_postfix + DATE)],
                [(RECEIVED, BY_GMAIL), *sealed, (RECEIVED, by_google + DATE), (AR, f" mx.google.com; {word}")],
                [(RECEIVED, BY_GMAIL), (RECEIVED, submitted + DATE)],
            ]
        )
    )


hops = st.one_of(
    st.sampled_from([LMTP, BY_GMAIL, f" from x by mx.example.it with ESMTP id 1{DATE}"]),
    helos.map(lambda helo: f" from {helo}{DATE}"),
).map(lambda value: [(RECEIVED, value)])
claims = st.tuples(st.sampled_from([(AR, ""), (ARC, " i=2;")]), ids).map(
    lambda one: [(one[0][0], f"{one[0][1]} {one[1]}; {LIE}")]
)
others = st.sampled_from([[], [("from", " Anna <anna@rossi.example>")], [("x-received", BY_GMAIL)]])
strangers = (
    st.tuples(others, hops | others, claims, others, hops, claims | others, hops).map(chain.from_iterable).map(list)
)
INSIDES = [(), ("imap.example.it",), ("mx.example.it",), (GMAIL,), (GMAIL, GMAIL), ("imap.example.it", "mx.example.it")]


def octets(fields):
    return tuple((name, value.encode()) for name, value in fields)


@pytest.mark.parametrize("inside", INSIDES, ids=str)
@settings(max_examples=250)
@given(above=ours(), below=strangers)
def test_i2_what_a_stranger_writes_below_changes_nothing(inside, above, below):
    """With any hops configured, right or wrong: nothing forged is evidence, and the border's word stays what it was."""
    plain = evidence_from(octets([*above, ("from", " x")]), AUTHOR, IDS, inside)
    forged = evidence_from(octets([*above, *below]), AUTHOR, IDS, inside)
    assert not forged.aligned
    assert (forged.source, forged.spf, forged.dkim, forged.dmarc) == (plain.source, plain.spf, plain.dkim, plain.dmarc)
