"""A message costs as much among a million others as among a thousand: no statement on its way reads a table through."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from gateway.core.reply import Delivered
from house import NOW, letter
from postgresql import file_only
from statements import watched

GROWING = (
    "account",
    "address",
    "attempt",
    "confirmation",
    "content",
    "entry",
    "likeness",
    "message",
    "outbox",
    "raw",
    "service",
    "ticket",
)
_VERBS = ("select", "insert", "update", "delete", "with")


async def new_ticket(gateway, _reference):
    """A customer writes about something new."""
    number = next(gateway.numbers)
    await gateway.receive(letter(text="Il dominio rossi.example non risponde.", message_id=f"{number}@rossi.example"))


async def follow_up(gateway, reference):
    """The customer writes into the ticket."""
    await gateway.receive(letter(subject=f"Re: [#{reference}] Il sito", message_id="m2@rossi.example"))


async def stranger(gateway, reference):
    """Nobody whom we know, who resembles a customer and names others' ticket, service and address."""
    author = '"john@smith.example" <tecnico@rosssi.example>'
    text = f"rossi.example e smith.example, ticket {reference}"
    raw = letter(author, domain="rosssi.example", text=text, message_id="m3@rosssi.example")
    await gateway.receive(raw, reverse_path="tecnico@rosssi.example")


async def bounce(gateway, _reference):
    """Something without a sender."""
    await gateway.receive(letter(message_id="m4@rossi.example"), reverse_path="")


async def dispatch(gateway, _reference):
    """A letter is taken out of the outbox, and what became of it written down."""
    [due, *_] = await gateway.store.due(NOW + timedelta(days=1), 4)
    await gateway.store.settle(due, None, Delivered("250 2.0.0 taken"), at=NOW, next_attempt=None)


@file_only
@pytest.mark.parametrize("act", [new_ticket, follow_up, stranger, bounce, dispatch])
async def test_no_statement_reads_a_growing_table_through(gateway, act):
    """SQLite's own plan of each has an index where a table grows with the mail or with the accounts."""
    await new_ticket(gateway, "")
    [ticket] = gateway.tickets
    asked: list[str] = []
    with watched(before=asked.append):
        await act(gateway, ticket["ref"])
    statements = {one for one in asked if one.lstrip().lower().startswith(_VERBS)}
    assert len(statements) >= 2, "nothing was seen"
    with closing(sqlite3.connect(gateway.database.path)) as database:
        through = {one: found for one in statements if (found := scans(database, one))}
    assert not through


def scans(database: sqlite3.Connection, statement: str) -> list[str]:
    """The lines of a statement's plan that go through a growing table, by an index or not."""
    plan = database.execute(f"explain query plan {statement}", [None] * statement.count("?"))
    names = {*GROWING, *aliases(statement)}
    return [row[3] for row in plan if (found := re.match(r"SCAN (\w+)", row[3])) and found[1] in names]


def aliases(statement: str) -> set[str]:
    """What the statement calls growing tables."""
    return set(re.findall(rf"\b(?:{'|'.join(GROWING)}) (?:AS )?(\w+)", statement))


@file_only
def test_a_plan_without_an_index_is_seen(gateway):
    """The test above can fail: who is asked for by name is looked for in all."""
    with closing(sqlite3.connect(gateway.database.path)) as database:
        assert scans(database, "select id from account where name = ?")
        assert scans(database, "select a.id from account AS a where a.name = ?")
        assert not scans(database, "select id from account where code = ?")
