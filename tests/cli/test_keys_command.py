"""`keys` at the command line: what is said, and what is refused."""

from __future__ import annotations

import pytest


@pytest.fixture
def rotated(desk):
    assert desk("migrate").code == 0
    assert desk("keys", "rotate").code == 0
    return desk


def test_the_newest_key_is_the_one_that_seals(rotated):
    """Records hold id, date and state, and nothing that could seal."""
    first, second = rotated("keys", "list", "--json").records
    assert [set(one) for one in (first, second)] == [{"id", "created_at", "state"}] * 2
    assert ((first["id"], first["state"]), (second["id"], second["state"])) == ((1, "opening"), (2, "sealing"))


def test_retiring_says_what_stops_working(rotated):
    """Whoever retires a key reads which letters are orphaned, and what still finds their ticket."""
    since, until = (one["created_at"] for one in rotated("keys", "list", "--json").records)
    done = rotated("keys", "retire", "1")
    assert done.code == 0
    assert f"from {since} to {until}" in done.out.decode()
    assert "delivery reports" in done.out.decode()


@pytest.mark.parametrize(("key_id", "code"), [("2", 65), ("3", 65), ("x", 64)])
def test_what_cannot_be_retired_is_bad_data(rotated, key_id, code):
    """The key that seals, no key at all, no number."""
    assert rotated("keys", "retire", key_id).code == code
    assert len(rotated("keys", "list", "--json").records) == 2
