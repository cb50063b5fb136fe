"""`gateway accounts sync`: what it does and tells, and how it ends; what is kept elsewhere is not changed here."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from gateway.core.roster import KEYS

HEADER = ",".join(KEYS)
ROSSI = "ROSSI-001,Rossi,it,active,info@rossi.example,,"
SOURCES = """\
accounts:
  sources:
    - {name: crm, file: {path: crm.csv}}
    - name: erp
      sql:
        url: sqlite:///erp.db
        query: SELECT code, name, language, status, "primary", secondary, services FROM customer
"""


def row(number, primary="info"):
    return f"C{number},Name,it,active,{primary}@c{number}.example,,"


@pytest.fixture
def firm(desk):
    """A desk with a file and a database that are asked; `says()` writes the file."""
    desk.config.write_text(desk.config.read_text() + SOURCES)
    with closing(sqlite3.connect(desk.folder / "erp.db")) as database, database:
        database.execute(f"CREATE TABLE customer ({', '.join(f'{chr(34)}{key}{chr(34)} text' for key in KEYS)})")
        database.execute("INSERT INTO customer VALUES ('E1', 'E', 'en', 'active', 'e@e1.example', '', '')")
    desk.says = lambda *rows: (desk.folder / "crm.csv").write_text("\n".join([HEADER, *rows, ""]))
    desk.says(*map(row, range(10)))
    return desk


def test_every_source_is_asked_and_told(firm):
    """Who may write now and no longer; the second time there is nothing to do."""
    done = firm("accounts", "sync")
    assert (done.code, done.err) == (0, "")
    assert b"crm: 10 added, 0 changed" in done.out
    assert b"  info@c3.example (C3) may write now\n" in done.out
    assert b"erp: 1 added" in done.out
    assert firm("accounts", "sync").out == b"crm: says what it said before\nerp: says what it said before\n"
    assert {one["source"] for one in firm("accounts", "list", "--json").records} == {"crm", "erp"}


def test_a_dry_run_changes_nothing_and_says_whether_it_would_be_let(firm):
    """65 where the guard would stop it; with the operator's word it goes through."""
    firm("accounts", "sync")
    firm.says(*map(row, range(6)))
    done = firm("accounts", "sync", "crm", "--dry-run")
    assert done.code == 65
    assert b"crm: would be: 0 added, 0 changed, 6 unchanged, 4 removed" in done.out
    assert b"  info@c9.example (C9) may write no longer\n" in done.out
    assert b"would take something from 4 of its 10 accounts, over 10 %" in done.out
    refused = firm("accounts", "sync", "crm", "--json")
    assert (refused.code, refused.records[0]["done"], refused.records[0]["removed"]) == (65, False, 0)
    assert refused.records[0]["error"].startswith("source crm: would take something from 4 of its 10")
    done = firm("accounts", "sync", "crm", "--json", "--allow-removal")
    assert (done.code, done.records[0]["removed"], len(done.records[0]["lost"])) == (0, 4, 4)


def test_one_that_is_away_stops_no_other(firm):
    """75, a line that says why, and the other one is asked all the same."""
    (firm.folder / "crm.csv").unlink()
    done = firm("accounts", "sync")
    assert done.code == 75
    assert "gateway: source crm: " in done.err
    assert "No such file" in done.err
    assert b"erp: 1 added" in done.out


def test_what_a_source_keeps_is_not_changed_by_hand(firm):
    """It would not last; once the source is configured no more, it does, and is kept by hand from then on."""
    firm("accounts", "sync")
    done = firm("accounts", "set-primary", "C1", "new@c1.example")
    assert (done.code, done.err) == (
        65,
        "gateway: C1 is kept by source crm; change it there, for what is changed here would not last\n",
    )
    firm.config.write_text(firm.config.read_text().replace("name: crm", "name: other"))
    assert firm("accounts", "set-primary", "C1", "new@c1.example").code == 0
    assert firm("accounts", "show", "C1", "--json").records[0]["source"] is None


def test_what_was_imported_is_taken_over_when_told(firm):
    """A firm that has had a file moves to a source."""
    firm.accounts()
    firm.says(ROSSI)
    assert "account ROSSI-001: is kept by hand" in firm("accounts", "sync", "crm").err
    assert firm("accounts", "sync", "crm", "--adopt").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["crn"], 64, "no source crn; did you mean crm?"),
        (["--allow-removal"], 64, "of which source?"),
    ],
)
def test_a_slip_of_the_keyboard_is_told(firm, arguments, code, told):
    done = firm("accounts", "sync", *arguments)
    assert done.code == code
    assert told in done.err


def test_without_sources_there_is_nothing_to_ask(desk):
    """78: the configuration is what is missing."""
    done = desk("accounts", "sync")
    assert (done.code, done.err) == (78, "gateway: no source is configured: name one under accounts.sources\n")


def test_check_asks_each_source(firm):
    """How many accounts it has, or why it would not be believed; nothing is written."""
    firm("accounts", "sync")
    firm.says(ROSSI, "SMITH,")
    before = firm.files()
    out = firm("check").out.decode()
    assert "ok    accounts    source erp: 1 accounts\n" in out
    assert "warn  accounts    " in out
    assert "crm.csv:3: has 2 fields, not 7" in out
    assert firm.files() == before


def test_check_tells_of_what_a_source_that_is_gone_has_left(firm):
    """Renamed, or taken out: its customers still get in, and nobody says any more when they leave."""
    firm("accounts", "sync")
    assert b"not configured" not in firm("check").out
    firm.config.write_text(firm.config.read_text().replace("name: crm", "name: crm2"))
    assert (
        b"warn  accounts    10 are of source crm, which is not configured: nobody takes them out" in firm("check").out
    )
