"""The chain's digests: of everything, in its place, whatever it looks like."""

from __future__ import annotations

import hashlib

from gateway.core.chain import GENESIS, commitment, link


def test_the_form_is_fixed():
    """A head that was kept for years must be found again: the digest is of this very text."""
    text = f'["{GENESIS}", 1, "anna", "perch\\u00e9"]'
    assert link(GENESIS, 1, "anna", "perché") == hashlib.sha256(text.encode()).hexdigest()


def test_what_moves_from_one_field_to_the_next_is_seen():
    """Fields are kept apart, and a number is no text."""
    told = [link(GENESIS, *fields) for fields in (("a", "b"), ("ab", ""), ("", "ab"), ('a", "b',), (1,), ("1",))]
    assert len(set(told)) == len(told)


def test_a_commitment_is_another_with_another_salt():
    """So nobody who has it can try out what the text was."""
    assert commitment("s1", "info@rossi.example") != commitment("s2", "info@rossi.example")


def test_nothing_that_a_database_may_hold_raises():
    """Who verifies must be told, not stopped."""
    assert len({link(GENESIS, one) for one in (None, b"x", 1.5, "\ud800", "x")}) == 5
