"""I11: every arrival ends in exactly one disposition, and the balance proves it per ingress."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import mail, reverse_paths

from gateway.core.place import Folder, Place
from gateway.core.reason import Disposition
from house import letter

hostile = st.binary(max_size=300) | st.sampled_from([b"\0", b"a: b\rc", letter().replace(b"\r\n", b"\r", 3)])
arriving = st.lists(st.tuples(mail() | hostile.map(lambda raw: (raw,)), reverse_paths), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(arriving)
async def test_i11_what_was_received_is_what_became_of_it(gateway, arrivals):
    """Any mail, any bytes: as many records as receipts, and the scales are level."""
    before = {found["id"] for found in gateway.messages}
    receipts = [await gateway.receive(one[0], reverse_path=path) for one, path in arrivals]
    after = [found["id"] for found in gateway.messages]
    assert sorted(after) == sorted([*before, *(one.id for one in receipts)])
    assert sum(row["received"] for row in gateway.balance) == len(after)
    assert all(row["ok"] for row in gateway.balance)


EACH = {
    "accept": letter(),
    "quarantine": letter("eve@attack.example"),
    "reject": letter("eve@attack.example", more="From: anna@rossi.example\r\n"),
    "discard": letter("support@example.it"),
    "failed": letter(more="X: y\r\n" * 2_001),
}


async def test_i11_each_disposition_is_weighed(gateway):
    """One message of each: all five are in the balance, which is level."""
    assert EACH.keys() == set(Disposition)
    for raw in EACH.values():
        await gateway.receive(raw)
    assert [found["disposition"] for found in gateway.messages] == list(EACH)
    assert [(row["received"], row["ok"]) for row in gateway.balance] == [(len(EACH), True)]


@pytest.mark.parametrize(
    ("raw", "column"),
    [
        (letter(), "accepted"),
        (letter(dmarc="fail"), "quarantined"),
        (letter("a@rossi.example, b@rossi.example", domain="rossi.example"), "rejected"),
        (letter("support@example.it"), "discarded"),
        (letter(more="X: " + "y" * 300_000 + "\r\n"), "failed"),
    ],
)
async def test_i11_each_disposition_has_its_column(gateway, raw, column):
    """None of the five is forgotten on the scales."""
    await gateway.receive(raw)
    (row,) = gateway.balance
    assert row["ok"]
    assert {name: row[name] for name in row if row[name] == 1 and name != "ok"} == {"received": 1, column: 1}


async def test_i11_what_is_undone_is_not_counted(gateway):
    """A mail that nobody put down as waiting is no message, though its transaction went nearly to its end."""
    arrival = replace(gateway.arrival(letter()), place=Place(Folder("from-mta", 7), 1))
    with pytest.raises(LookupError):
        await gateway.store.record(await gateway.receiver.examine(arrival))
    await gateway.receive(letter())
    assert [(row["received"], row["ok"]) for row in gateway.balance] == [(1, True)]


@pytest.mark.parametrize(
    "loss",
    ["delete from message where id = 'A0000001'", "update tally set received = received + 1", "delete from tally"],
)
async def test_i11_a_message_that_went_missing_tips_the_balance(gateway, loss):
    """The count and the messages are kept apart, so that losing either one shows."""
    await gateway.receive(letter("eve@attack.example"))
    gateway.database.write(lambda c: (c.exec_driver_sql("delete from raw"), c.exec_driver_sql(loss)))
    assert [row["ok"] for row in gateway.balance] == [False]
