"""I2: whatever octet of what a provider signed is another, the envelope proves nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.authentication.smime import Smime
from gateway.core.message import Envelope, Message
from gateway.core.parse import parse
from pec_signing import ANNA, ca_file, parts, seal, wrapped

AT = datetime(2026, 11, 22, tzinfo=UTC)
SIGNED = parts()
SEAL = seal(SIGNED)
EXAMPLES = 40
"""Each starts openssl."""


def believed(smime, raw):
    """Whom the gateway would take for the author by the envelope."""
    message = parse(raw)
    if not isinstance(message, Message) or not isinstance(message.envelope, Envelope):
        return None
    if asyncio.run(smime.doubt(message.envelope.seal, AT)):
        return None
    return message.envelope.content


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(SIGNED) - 1), octet=st.integers(1, 255), cut=st.booleans())
def test_i2_a_change_of_any_signed_octet_proves_nothing(tmp_path, at, octet, cut):
    """One octet changed, or all from there on left out."""
    smime = Smime(ca_file(tmp_path))
    changed = SIGNED[:at] if cut else SIGNED[:at] + bytes([SIGNED[at] ^ octet]) + SIGNED[at + 1 :]
    assert believed(smime, wrapped(changed, SEAL)) is None


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_i2_what_stands_around_what_is_signed_is_never_in_the_message(tmp_path, before, after):
    """Whatever is written before the first delimiter or behind the last: the message is the same, or nobody's."""
    raw = wrapped(SIGNED, SEAL)
    written = raw.replace(b"This is", before + b" This is", 1) + after
    found = believed(Smime(ca_file(tmp_path)), written)
    assert found is None or (str(found.author), found) == (ANNA, believed(Smime(ca_file(tmp_path)), raw))
