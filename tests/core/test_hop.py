"""The id that the server which handed a message over had it under."""

from __future__ import annotations

import pytest

from gateway.core.hop import queue_id


@pytest.mark.parametrize(
    ("received", "found"),
    [
        (
            "from x (x [192.0.2.1])\r\n\tby mx.example.it (Postfix) with ESMTPS id 4XyZ12abc\r\n\tfor <a@b>; Sun",
            "4XyZ12abc",
        ),
        (
            "from x by mx with esmtps (T (a (b))) (Exim 4.96)\r\n (envelope-from <id z>) id 1qABC-000123-0q for a; S",
            "1qABC-000123-0q",
        ),
        ("from x by mx id <20261122.AB@mx>; Sun", "20261122.AB@mx"),
        ("from x by mx; id 4XyZ; Sun", ""),
        ("from x by mx id " + "A" * 65 + "; Sun", ""),
        ("from x (id 666) by mx; Sun", ""),
    ],
)
def test_the_id_clause_of_the_topmost_received(received, found):
    """RFC 5321 §4.4: behind the date, in a comment or too long it is none."""
    raw = f"X-First: id 1\r\nReceived: {received}\r\nReceived: by y id SECOND; Sun\r\n\r\nReceived: by z id BODY;\r\n"
    assert queue_id(raw.encode()) == found


def test_without_a_received_there_is_none():
    assert queue_id(b"From: a@b\r\n\r\nReceived: by z id BODY; Sun\r\n") == ""
    assert queue_id(b"") == ""
