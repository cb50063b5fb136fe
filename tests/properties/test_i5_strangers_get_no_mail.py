"""I5: strangers get no mail from us, ever: no backscatter (R2)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from strategies import mail, reverse_paths

from gateway.core.arrival import Position
from gateway.core.policy import SETTABLE, Choice, Policy
from gateway.core.reason import Disposition
from gateway.ingress.site import answer

REJECTING = Policy({reason: Choice(Disposition.REJECT, "test.yaml:1") for reason in SETTABLE})


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=mail(), reverse_path=reverse_paths)
async def test_i5_only_an_accepted_message_puts_something_into_the_outbox(gateway, message, reverse_path):
    """At most one letter a message, to the account that it was accepted for; none for anything refused."""
    before = len(gateway.outbox)
    receipt = await gateway.receive(message[0], reverse_path=reverse_path)
    found, new = gateway.message(receipt.id), gateway.outbox[before:]
    if found["disposition"] != "accept":
        assert new == []
    else:
        assert [(row["account"], row["ticket"]) for row in new] in ([], [(found["account"], found["ticket"])])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=mail(), reverse_path=reverse_paths)
async def test_i5_behind_an_mta_nothing_is_refused_in_the_session(gateway, message, reverse_path):
    """Threats rule 12: the MTA would bounce a 5yz to whoever the envelope names. A policy that rejects all included."""
    receipt = await gateway.ruled(REJECTING).receive(message[0], reverse_path=reverse_path)
    assert answer(receipt, Position.BEHIND_MTA).code == "250"
