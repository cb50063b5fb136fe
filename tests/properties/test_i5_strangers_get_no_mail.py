"""I5: strangers get no mail from us, ever: no backscatter (R2)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from strategies import mail, reverse_paths


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
