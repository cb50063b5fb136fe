"""I12: bytes are kept until retention removes them, and it removes nothing that is younger, open, or held."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import house
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import BY_AGE, Retention
from gateway.store import retention
from gateway.store import tables as t
from gateway.store.retention_terms import due
from house import NOW, letter

DAY = timedelta(days=1)
RAW = {
    Disposition.ACCEPT: lambda number: letter(message_id=f"{number}@x"),
    Disposition.QUARANTINE: lambda number: letter(dmarc="fail", message_id=f"{number}@x"),
    Disposition.REJECT: lambda number: letter("a@rossi.example, b@rossi.example", domain="rossi.example"),
    Disposition.DISCARD: lambda number: letter("support@example.it", message_id=f"{number}@x"),
    Disposition.FAILED: lambda number: letter(more="X: y\r\n" * 2_001),
}
days = st.integers(1, 100).map(timedelta)
perhaps = st.none() | days
rules = st.builds(
    Retention,
    held=perhaps,
    reasons=st.dictionaries(st.sampled_from([Reason.UNAUTHENTICATED, Reason.BULK]), perhaps),
    octets=st.dictionaries(st.sampled_from(BY_AGE), perhaps),
    tickets=perhaps,
    records=perhaps,
)
mail = st.lists(st.tuples(st.sampled_from(list(Disposition)), st.integers(0, 100), st.booleans()), max_size=6)


def columns(gateway):
    every = gateway.database.read(lambda c: c.execute(t.message.select()).all())
    whole = gateway.database.read(
        lambda c: set(c.execute(t.raw.select().with_only_columns(t.raw.c.message_id)).scalars())
    )
    return {row.id: (row, row.id in whole) for row in every}


def overdue(row, said, now, opened):
    """Whether the bytes of a message may go: told anew, without the store's conditions."""
    if row.disposition == "quarantine":
        period = said.reasons.get(Reason(row.reason), said.held)
    elif row.ticket_id in opened:
        period = None
    else:
        period = said.octets.get(Disposition(row.disposition))
    return period is not None and row.received_at < (now - period).isoformat()


@settings(max_examples=25)
@given(rules, mail, st.integers(0, 250))
async def test_i12_nothing_goes_that_is_young_or_open(said, arriving, later):
    """Random mail of 100 days under random terms: exactly what is due goes, and the scales, audit and keys hold."""
    now = NOW + later * DAY
    with tempfile.TemporaryDirectory() as folder, house.gateway(folder) as gateway:
        one = gateway.ruled(replace(gateway.house.policy, retention=said))
        for number, (disposition, day, closed) in enumerate(arriving):
            arrival = replace(gateway.arrival(RAW[disposition](number)), at=NOW + day * DAY)
            ticket = (await one.receiver(arrival)).ticket
            if ticket and closed:
                gateway.database.write(
                    lambda c, ref=ticket: c.execute(t.ticket.update().filter_by(ref=ref).values(status="closed"))
                )
        before, balance = columns(gateway), gateway.balance
        opened = {
            row.id
            for row in gateway.database.read(lambda c: c.execute(t.ticket.select()).all())
            if row.status != "closed"
        }
        told = gateway.database.read(lambda c: due(c, said, now))
        run = retention.Sweep(said, now, "anna")
        while run.took(gateway.database.write(run)):
            pass
        gateway.database.write(run.end)
        after = columns(gateway)
        assert run.swept == told
        assert after.keys() == before.keys()
        for key, (row, _) in before.items():
            left, whole = after[key]
            assert whole is not overdue(row, said, now, opened)
            if row.disposition != "quarantine":
                assert left.disposition == row.disposition
            if whole or row.ticket_id in opened:
                assert {**left._mapping, "expires_at": None} == {**row._mapping, "expires_at": None}
        assert all(row["ok"] for row in gateway.balance)
        assert [row["received"] for row in gateway.balance] == [row["received"] for row in balance]
        notes = gateway.database.read(lambda c: c.execute(t.audit.select()).all())
        assert [row.action for row in notes] == (["retention.begin", "retention.end"] if run.swept else [])
