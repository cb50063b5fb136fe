"""The canary: only our keys make one, and what its arrival tells of the border."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.core.canary import Sighting, canary, mark_in, sight
from gateway.core.message import Message
from gateway.core.parse import parse
from gateway.core.reference import Keyring

KEYS = Keyring((b"k" * 32,))
NONCE = "01h000000000000000"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECEIVED = b"Received: from x by mx.example.it; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
FOOLED = b"Authentication-Results: mx.example.it; dmarc=pass header.from=gateway.example.it\r\n"
GENUINE = b"Authentication-Results: mx.example.it; dmarc=fail header.from=gateway.example.it\r\n"


def bird(keys=KEYS, forged_ids=("mx.example.it",)):
    return canary(keys, NONCE, hostname="gateway.example.it", to="support@example.it", forged_ids=forged_ids, at=NOON)


def parsed(raw):
    message = parse(raw)
    assert isinstance(message, Message)
    return message


def seen(raw):
    return sight(parsed(raw), frozenset({"mx.example.it"}), (), NONCE)


def test_a_canary_is_known_by_the_mark_that_our_keys_seal():
    """Whatever a border writes around the subject; an older key of ours will do."""
    mark = mark_in(f"[EXTERNAL] {parsed(bird()).header.subject} (fwd)")
    assert mark is not None
    assert mark.sealed_by(KEYS)
    assert mark.sealed_by(Keyring((b"n" * 32, *KEYS.keys)))


def test_nobody_else_makes_one():
    """Another key, another nonce, a token of another kind: no canary."""
    other = Keyring((b"n" * 32,))
    mark = mark_in(parsed(bird(other)).header.subject)
    assert mark is not None
    assert not mark.sealed_by(KEYS)
    token = KEYS.seal("ticket", NONCE)
    for subject in (f"[canary {token}.{NONCE}]", f"[canary {KEYS.seal('canary', NONCE)}.{NONCE[:-1]}1]"):
        mark = mark_in(subject)
        assert mark is not None
        assert not mark.sealed_by(KEYS)
    assert mark_in(f"canary {token}.{NONCE}") is None


def test_it_forges_a_field_for_each_id_that_is_trusted():
    """With both claims; each would be believed, stood it where the border's own stand."""
    message = parsed(bird(forged_ids=("mx.example.it", "mx2.example.it")))
    assert [name for name, _ in message.fields].count("authentication-results") == 4
    for one in ("mx.example.it", "mx2.example.it"):
        assert sight(message, frozenset({one}), (), NONCE).believed


def sighting(*facts):
    return Sighting(**{name: name in facts for name in ("kept", "believed", "genuine", "vouched", "signed")})


@pytest.mark.parametrize(
    ("raw", "facts"),
    [
        (bird(forged_ids=("mx.example.it",)), ("kept", "believed")),
        (RECEIVED + bird(), ("kept",)),
        (GENUINE + RECEIVED + bird(), ("kept", "genuine")),
        (GENUINE + bird(), ("kept", "believed", "genuine")),
        (GENUINE + RECEIVED + bird(forged_ids=()), ("genuine",)),
        (RECEIVED + bird(forged_ids=()), ()),
        (FOOLED + RECEIVED + bird(forged_ids=()), ("genuine", "vouched")),
        (FOOLED + RECEIVED + b"DKIM-Signature: v=1\r\n" + bird(forged_ids=()), ("genuine", "vouched", "signed")),
    ],
    ids=["writes nothing", "leaves it", "judges and leaves it", "no Received", "strips", "silent", "fooled", "signed"],
)
def test_what_the_border_did_is_seen(raw, facts):
    """Where the forged field counts, or turns the border's own into a contradiction, it is believed."""
    assert seen(raw) == sighting(*facts)
