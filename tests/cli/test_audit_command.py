"""`gateway audit`: what operators see of the chain."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def test_acts_are_listed_in_their_order(desk):
    """Who, what, on what; `detail` in words; the window narrows."""
    desk.accounts()
    desk("accounts", "add-address", "ROSSI-001", "paolo@rossi.example")
    first, second = desk("audit", "list", "--json").records
    assert list(first) == ["id", "at", "by", "action", "subject", "detail", "hash"]
    assert (first["action"], second["action"]) == ("accounts.import", "account.add-address")
    assert (second["subject"], second["detail"]) == ("ROSSI-001", "paolo@rossi.example")
    assert desk("audit", "list", "--limit", "1", "--json").records == [second]
    assert b"account.add-address" in desk("audit", "list").out


def test_a_head_is_what_verify_takes(desk):
    """It is found for as long as the chain goes on."""
    desk.accounts()
    [head] = desk("audit", "head", "--json").records
    rows, kept = desk("audit", "head").out.decode().split()
    assert (int(rows), kept) == (head["rows"], head["hash"]) == (1, head["hash"])
    desk("accounts", "add-address", "ROSSI-001", "paolo@rossi.example")
    done = desk("audit", "verify", "--head", kept, "--json")
    assert (done.code, done.records[0]["rows"], done.records[0]["broken"]) == (0, 2, None)
    assert desk("audit", "verify").out.startswith(b"whole: 2 rows, 0 of them")


def test_a_broken_chain_is_65_and_says_where(desk):
    """The first row that does not fit."""
    desk.accounts()
    desk("accounts", "add-address", "ROSSI-001", "paolo@rossi.example")
    with closing(sqlite3.connect(desk.database)) as connection, connection:
        connection.execute("drop trigger audit_update")
        connection.execute("update audit set by = 'nobody' where id = 2")
    done = desk("audit", "verify")
    assert (done.code, done.out[:32]) == (65, b"broken: row 2 is not as it was w")
    assert desk("audit", "verify", "--json").records[0]["rows"] == 1


def test_what_is_no_head_is_refused(desk):
    """Half a hash would be found nowhere, and frighten somebody."""
    desk.accounts()
    done = desk("audit", "verify", "--head", "abc")
    assert (done.code, "64 hexadecimal digits" in done.err) == (64, True)
    assert desk("audit", "verify", "--head", "a" * 64).code == 65
