"""What the scale is measured on: accounts and tickets that were written past the gateway are as its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import fill
import mix
import pytest

from gateway.core.address import Address
from gateway.store import book
from gateway.store.likeness import resembling

ACCOUNTS, TICKETS = 30, 100
_INDEXES = "select name, sql from sqlite_master where type = 'index' order by name"


@pytest.fixture
async def filled(gateway):
    """A gateway's database with accounts, the tickets that it made, and copies of them; its indexes before."""
    with closing(sqlite3.connect(gateway.database.path)) as database:
        before = database.execute(_INDEXES).fetchall()
    fill.add_accounts(gateway.database.path, ACCOUNTS)
    for number in range(fill.TEMPLATES):
        await gateway.receive(mix.message(number, "template", ACCOUNTS), reverse_path=mix.author(number, ACCOUNTS))
    fill.add_tickets(gateway.database.path, ACCOUNTS, TICKETS)
    with closing(sqlite3.connect(gateway.database.path)) as database:
        yield gateway, database, before


async def test_the_database_is_whole(filled):
    """Every reference leads to a row, and every index is as it was made by the migrations."""
    _, database, before = filled
    assert database.execute("pragma foreign_key_check").fetchall() == []
    assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert database.execute(_INDEXES).fetchall() == before


async def test_each_ticket_has_its_message_entry_and_letter(filled):
    """A copy is a copy of all that belongs to a ticket, on the account of its author."""
    _, database, _ = filled
    query = (
        "select count(*) from ticket"
        " join message on message.ticket_id = ticket.id and message.account_id = ticket.account_id"
        " join entry on entry.ticket_id = ticket.id and entry.message_id = message.id"
        " join outbox on outbox.ticket_id = ticket.id and outbox.account_id = ticket.account_id"
        " join address on address.account_id = ticket.account_id and address.text = message.author"
    )
    assert database.execute(query).fetchone() == (fill.TEMPLATES + TICKETS,)


async def test_an_account_is_found_and_imitated_as_an_imported_one(filled):
    """By its author's address, and by one that looks like it."""
    gateway, _, _ = filled
    author = Address.parse(mix.author(3, ACCOUNTS))
    with gateway.database.connect() as connection:
        [account] = book.registered(connection, author)
        imitator = Address(author.local, author.domain.replace(".example", ".test"))
        [found] = resembling(connection, imitator, ())
    assert found.account_id == account.id


async def test_the_next_message_becomes_a_ticket_among_them(filled):
    """The gateway goes on where the copies end."""
    gateway, database, _ = filled
    receipt = await gateway.receive(mix.message(1, "next", ACCOUNTS), reverse_path=mix.author(1, ACCOUNTS))
    assert receipt.ticket is not None
    assert database.execute("select count(*) from ticket").fetchone() == (fill.TEMPLATES + TICKETS + 1,)
