"""The keyring: the newest key seals, older ones open, a retired one is gone; each act is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.core.reference import bounce_token, bounced_row
from gateway.store import keys
from house import NOW

LATER = NOW + timedelta(hours=1)


def rotate(gateway, at=LATER):
    return gateway.database.write(lambda c: keys.rotate(c, now=at, by="anna"))


def retire(gateway, key_id):
    return gateway.database.write(lambda c: keys.retire(c, key_id, now=LATER, by="anna"))


def test_a_new_key_seals_and_the_old_one_still_opens(gateway):
    """Rotation breaks no letter that is out there."""
    before = gateway.keys
    old = bounce_token(before, "row1")
    assert rotate(gateway) == 2
    assert bounce_token(gateway.keys, "row1") != old
    assert bounced_row(gateway.keys, old) == "ROW1"
    assert bounced_row(before, bounce_token(gateway.keys, "row1")) is None


def test_a_retired_key_opens_nothing(gateway):
    """It is destroyed, and the answer says of which letters."""
    old = bounce_token(gateway.keys, "row1")
    rotate(gateway)
    assert retire(gateway, 1) == keys.Retired("2026-11-22T12:00:00.000000Z", "2026-11-22T13:00:00.000000Z")
    assert bounced_row(gateway.keys, old) is None
    assert len(gateway.keys.keys) == 1


def test_the_key_that_seals_stays(gateway):
    """There is always one; and its id is never given to another."""
    with pytest.raises(ValueError, match="rotate"):
        retire(gateway, 1)
    rotate(gateway)
    with pytest.raises(ValueError, match="seals"):
        retire(gateway, 2)
    with pytest.raises(LookupError):
        retire(gateway, 3)
    assert len(gateway.keys.keys) == 2


def test_keys_are_bounded(gateway):
    """What a stranger sends is tried with each of them."""
    for _ in range(keys.KEYS - 1):
        rotate(gateway)
    with pytest.raises(ValueError, match="retire"):
        rotate(gateway)
    retire(gateway, 1)
    assert rotate(gateway) == keys.KEYS + 1


def test_records_never_hold_a_key(gateway):
    """Id, date, state, oldest first; the secret stays in the database."""
    rotate(gateway)
    assert gateway.database.read(lambda c: list(keys.records(c))) == [
        {"id": 1, "created_at": "2026-11-22T12:00:00.000000Z", "state": "opening"},
        {"id": 2, "created_at": "2026-11-22T13:00:00.000000Z", "state": "sealing"},
    ]


def test_each_act_is_in_the_audit(gateway):
    rotate(gateway)
    retire(gateway, 1)
    acts = [(act["by"], act["action"], act["subject"], act["detail"]) for act in gateway.audit]
    sealed = "sealed from 2026-11-22T12:00:00.000000Z to 2026-11-22T13:00:00.000000Z"
    assert acts == [("anna", "key.rotate", "2", ""), ("anna", "key.retire", "1", sealed)]
