"""A database of a firm: its columns are what was asked for, it is never written, and it does not keep us waiting."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from time import monotonic

import psycopg
import pytest

from gateway.core.problem import Problem
from gateway.ports import Unavailable
from gateway.sources.hearing import Hearing
from gateway.sources.sql import Sql, SqlSettings
from postgresql import LOCKED, PASSWORD

TABLES = """
CREATE TABLE customer (code text, name text, language text, status text, mail text);
CREATE TABLE mail (code text, address text);
CREATE TABLE held (code text, kind text, name text);
CREATE TABLE spy (at text);
INSERT INTO customer VALUES ('ROSSI', 'Rossi', 'it', 'active', 'a@rossi.example');
INSERT INTO mail VALUES ('ROSSI', 't@rossi.example'), ('GONE', 'x@gone.example'), ('ROSSI', 'u@rossi.example');
INSERT INTO held VALUES ('ROSSI', 'domain', 'rossi.example');
"""
WRITTEN = "CREATE FUNCTION written() RETURNS text LANGUAGE sql AS $$INSERT INTO spy VALUES ('x') RETURNING at$$"
QUERY = 'SELECT code, name, language, status, mail AS "primary" FROM customer'
SECONDARY, SERVICES = "SELECT code, address FROM mail", "SELECT code, kind, name FROM held"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(TABLES)
    return path


@pytest.fixture
def crm(tmp_path, file):
    def made(**more):
        said = SqlSettings("crm", f"sqlite:///{file}", QUERY, SECONDARY, SERVICES, 30, lambda: "", tmp_path)
        return Sql(replace(said, **more))

    return made


@pytest.fixture(scope="module")
def server(cluster):
    with cluster.database("empty") as url:
        with psycopg.connect(url) as connection:
            connection.execute(TABLES)
            connection.execute(WRITTEN)
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {LOCKED}")
        yield url


def test_addresses_and_services_may_have_queries_of_their_own(crm):
    """As most databases keep them; what is of no account of the first query is nobody's."""
    [rossi] = crm().fetch("").entries
    assert [str(one) for one in rossi.secondary] == ["t@rossi.example", "u@rossi.example"]
    assert [str(one) for one in rossi.services] == ["domain rossi.example"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"query": 'SELECT code, name, language, mail AS "primary" FROM customer'}, "query: selects no column status"),
        ({"query": QUERY.replace("status,", "status, 1 AS vip,")}, "query: selects a column vip too many"),
        ({"services_query": "SELECT code, name FROM held"}, "services_query: selects no column kind"),
        ({"secondary_query": ""}, "query: selects no column secondary"),
    ],
)
def test_a_column_that_is_missing_is_named(crm, more, told):
    """Before a row is looked at: a column that is left out would take something from everybody."""
    [problem] = crm(**more).fetch("").entries
    assert isinstance(problem, Problem)
    assert str(problem).startswith(f"source crm: {told}")


def test_nothing_is_written_there(crm, server, file):
    """Whatever the query says, and as whomever it is asked: the transaction reads only."""
    for url, query in ((f"sqlite:///{file}", "INSERT INTO spy VALUES ('x') RETURNING *"), (server, "SELECT written()")):
        with pytest.raises(Unavailable, match=r"read.?only"):
            crm(url=url, query=query).fetch("")


def test_a_query_that_takes_too_long_is_ended(crm, server):
    """By the server's own clock; the words say so, and nothing of it is taken."""
    began = monotonic()
    with pytest.raises(Unavailable, match="source crm: "):
        crm(url=server, query="SELECT pg_sleep(30)", seconds=1).fetch("")
    assert monotonic() - began < 15
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(Unavailable, match="no whole answer within 0 s"):
        crm(query=slow, seconds=0.2).fetch("")


def test_a_query_under_way_is_given_up(crm, server):
    """SIGTERM does not wait for it."""
    source = crm(url=server, query="SELECT pg_sleep(30)")
    began = monotonic()
    threading.Timer(0.3, source.give_up).start()
    with pytest.raises(Unavailable, match="the gateway stops"):
        source.fetch("")
    assert monotonic() - began < 15


def test_the_password_is_read_anew_and_never_told(crm, server):
    """One that was changed in its file is the one of the next round."""
    said = {"url": server.replace("gateway@", f"{LOCKED}@")}
    assert len(list(crm(**said, password=lambda: PASSWORD).fetch("").entries)) == 1
    with pytest.raises(Unavailable) as fault:
        crm(**said, password=lambda: "hunter2").fetch("")
    assert "authentication failed" in str(fault.value)
    assert "hunter2" not in str(fault.value)


def test_a_driver_that_is_not_here_is_named(crm):
    """MySQL and SQL Server by whoever installs what speaks to them."""
    with pytest.raises(ValueError, match="pip install pymysql"):
        crm(url="mysql://reader@crm.example.it/crm")


def test_what_is_no_text_is_refused_by_its_column(crm, tmp_path):
    """Octets that are no UTF-8 cannot be a name; what is a number may be a code."""
    odd = "SELECT 4711 AS code, x'ff' AS name, 'it' AS language, 'active' AS status, 'a@b.example' AS \"primary\""
    [problem] = crm(query=odd, services_query=SERVICES).fetch("").entries
    assert problem.key == "account 4711: name"


def test_an_answer_has_a_bound(tmp_path):
    """A join that went wrong multiplies rows: it fills no disk."""
    with Hearing("source crm", tmp_path, 30, threading.Event(), accounts=2) as hearing:
        hearing.add({"code": "A"})
        hearing.add({"code": "B"})
        with pytest.raises(Unavailable, match="says over 2 accounts"):
            hearing.add({"code": "C"})
        list(hearing.answer("").entries)


@pytest.mark.parametrize("query", ["-- SELECT code FROM customer", "PRAGMA query_only = OFF"])
def test_a_query_that_selects_nothing_is_told(crm, query):
    """What an operator has commented out is a line in the log, and not the end of the daemon."""
    [problem] = crm(query=query).fetch("").entries
    assert str(problem).startswith("source crm: query: selects no column code")


def test_rows_of_nobody_are_nobodys(crm):
    """A contact whose customer is NULL must not become one of an account that is called None."""
    [problem] = crm(secondary_query="SELECT NULL AS code, 'x@evil.example' AS address").fetch("").entries
    assert "secondary_query: has a row whose code is NULL" in str(problem)


def test_a_status_is_never_guessed(crm):
    """A CASE that has no word for a new kind of customer says NULL: that would have let him in."""
    blocked = QUERY.replace("status,", "CASE status WHEN 'blocked' THEN 'suspended' END AS status,")
    [problem] = crm(query=blocked).fetch("").entries
    assert "account ROSSI: status: is missing; active or suspended or closed" in str(problem)


def test_what_waits_in_memory_has_a_bound(tmp_path):
    """Addresses come before the accounts that they are of: a join that went wrong takes no more than so many."""
    told = pytest.raises(Unavailable, match="says over 2 addresses and services")
    with told, Hearing("source crm", tmp_path, 30, threading.Event(), beside=2) as hearing:
        for _ in range(2):
            hearing.beside()
        assert hearing.left > 0
        hearing.beside()


def test_a_full_disk_is_told_before_the_answer_counts(tmp_path):
    """A short answer waits in a buffer: if it met the disk only when it is read, nobody would expect what that says."""
    with Hearing("source crm", tmp_path, 30, threading.Event()) as hearing:
        hearing.add({"code": "A"})
        answer = hearing.answer("")
        assert os.fstat(hearing._file.fileno()).st_size > 0
        list(answer.entries)
