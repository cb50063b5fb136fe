"""I3: a 250 is said only after the commit (RFC 5321 §6.1); before it, a failure is a 4xx and leaves nothing behind."""

from __future__ import annotations

import sqlite3

from sqlalchemy import event

from gateway.core.verdict import Defer
from house import letter
from statements import watched

STATEMENTS = 24
"""More than one message's transaction has."""


def contents(gateway):
    """Everything a message could leave."""
    tables = ("message", "raw", "ticket", "entry", "outbox", "tally", "rate")
    return gateway.database.read(
        lambda c: {table: c.exec_driver_sql(f"select count(*) from {table}").scalar() for table in tables},  # noqa: S608 - names above
    )


async def test_i3_a_fault_at_any_statement_defers_and_leaves_nothing(gateway):
    """Every statement of the transaction, and its COMMIT, is made to fail once; then the message is taken whole."""
    empty, failed = contents(gateway), 0
    for position in range(STATEMENTS):
        seen = iter(range(STATEMENTS * 2))

        def fail(statement, position=position, seen=seen):
            writing = statement.split()[0] in {"INSERT", "UPDATE", "SAVEPOINT", "RELEASE", "BEGIN"}
            if writing and next(seen) == position:
                raise sqlite3.OperationalError("database or disk is full")

        with watched(before=fail):
            receipt = await gateway.receive(letter())
        if not isinstance(receipt.verdict, Defer):
            break
        failed += 1
        assert contents(gateway) == empty
    assert failed > 5
    assert contents(gateway) == {"message": 1, "raw": 1, "ticket": 1, "entry": 1, "outbox": 1, "tally": 1, "rate": 4}


async def test_i3_a_commit_that_fails_defers_and_leaves_nothing(gateway):
    """The COMMIT itself."""
    empty = contents(gateway)

    def fail(_connection):
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(gateway.database.engine, "commit", fail)
    receipt = await gateway.receive(letter())
    event.remove(gateway.database.engine, "commit", fail)
    assert isinstance(receipt.verdict, Defer)
    assert contents(gateway) == empty


async def test_i3_the_receipt_comes_after_the_row_is_there_for_others(gateway):
    """Another connection sees the message the moment its receipt is given."""
    receipt = await gateway.receive(letter())
    with sqlite3.connect(gateway.database.path) as other:
        assert other.execute("select disposition from message where id = ?", (receipt.id,)).fetchone() == ("accept",)
    other.close()


def test_i3_a_commit_is_on_disk_when_it_returns(gateway):
    """In WAL anything less than FULL commits into a cache, which a power cut empties."""
    with gateway.database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
