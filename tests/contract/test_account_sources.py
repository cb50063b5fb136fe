"""What the sync may rely on, of every kind of source: a database, a file, a directory."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from directory import BASE, PASSWORD, READER, Directory
from e2e.waiting import LOOPBACK, free_port
from gateway.config.roster_source import FileSource
from gateway.core.problem import Problem
from gateway.core.roster import KEYS
from gateway.ports import Unavailable
from gateway.sources.ldap import Ldap, LdapSettings
from gateway.sources.sql import Sql, SqlSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROSSI = ("ROSSI", "Rossi S.r.l.", "it", "active", "a@rossi.example", "t@rossi.example;u@rossi.example", "vps:one")
SMITH = ("SMITH", "Smith 100% Ltd", "en", "active", "o@smith.example", "", "domain:smith.example;vps:two")
COLUMNS = [f'"{key}"' for key in KEYS]
SELECTED = ", ".join(f"{one} AS {one.upper()}" for one in COLUMNS)
QUERY = f"SELECT {SELECTED} FROM customer WHERE name LIKE '%'"  # noqa: S608 - our own words
TABLE = f"CREATE TABLE customer ({', '.join(f'{one} text' for one in COLUMNS)})"
ATTRIBUTES = dict(
    zip(KEYS, ("uid", "cn", "preferredLanguage", "employeeType", "mail", "description", "title"), strict=True)
)
"""Of inetOrgPerson, those that may have several values for what is a list."""


def sql(folder, url, query=QUERY, **more):
    return Sql(replace(SqlSettings("crm", url, query, "", "", 30, lambda: "", folder), **more))


def ldap(folder, directory, **more):
    said = LdapSettings(
        name="crm",
        host=LOOPBACK,
        port=directory.secure,
        tls="implicit",
        ca_file=directory.ca,
        bind_dn=READER,
        password=lambda: PASSWORD,
        base=BASE,
        filter="(objectClass=inetOrgPerson)",
        attributes=ATTRIBUTES | {"code": "sn"},
        defaults={"status": "active"},
        service_kind="",
        seconds=30,
        folder=folder,
    )
    return Ldap(replace(said, **more))


@dataclass
class Sqlite:
    folder: Path

    def __post_init__(self):
        self.file = self.folder / "crm.db"
        with closing(sqlite3.connect(self.file)) as database:
            database.execute(TABLE)
        self.source = sql(self.folder, f"sqlite:///{self.file}")

    def put(self, *accounts):
        with closing(sqlite3.connect(self.file)) as database, database:
            database.execute("DELETE FROM customer")
            database.executemany("INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?)", accounts)

    def away(self):
        self.file.unlink()


@dataclass
class Server:
    folder: Path
    url: str

    def __post_init__(self):
        self.source = sql(self.folder, self.url)
        with psycopg.connect(self.url) as connection:
            connection.execute("DROP TABLE IF EXISTS customer")
            connection.execute(TABLE)

    def put(self, *accounts):
        with psycopg.connect(self.url) as connection:
            connection.execute("DELETE FROM customer")
            insert = "INSERT INTO customer VALUES (%s, %s, %s, %s, %s, %s, %s)"
            connection.cursor().executemany(insert, accounts)

    def away(self):
        nobody = f"postgresql://reader@127.0.0.1:{free_port()}/crm"
        self.source = sql(self.folder, nobody, password=lambda: "hunter2")


@dataclass
class Csv:
    folder: Path

    def __post_init__(self):
        self.file = self.folder / "crm.csv"
        self.put()
        self.source = FileSource("crm", self.file, None, self.folder, lambda: NOW)

    def put(self, *accounts):
        with self.file.open("w", newline="") as file:
            csv.writer(file).writerows([KEYS, *accounts])

    def away(self):
        self.file.unlink()


@dataclass
class Entries:
    folder: Path
    directory: Directory

    def __post_init__(self):
        self.source = ldap(self.folder, self.directory)

    def put(self, *accounts):
        each = [dict(zip(ATTRIBUTES.values(), one, strict=True)) for one in accounts]
        for one in each:
            one["sn"] = one.pop("uid")
            one["description"] = one["description"].split(";")
            one["title"] = one["title"].split(";")
        self.directory.put([{name: value for name, value in one.items() if value not in ("", [""])} for one in each])

    def away(self):
        self.source = ldap(self.folder, self.directory, port=free_port(), password=lambda: "hunter2")


@pytest.fixture(scope="module")
def directory():
    with Directory() as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql", "csv", "ldap"])
def kept(request, tmp_path):
    """A place where accounts are kept: `put()` says which, `away()` that it cannot be asked."""
    match request.param:
        case "sqlite":
            yield Sqlite(tmp_path)
        case "postgresql":
            with request.getfixturevalue("cluster").database("empty") as url:
                yield Server(tmp_path, url)
        case "csv":
            yield Csv(tmp_path)
        case _:
            yield Entries(tmp_path, request.getfixturevalue("directory"))


def heard(source, known=""):
    return list(source.fetch(known).entries)


def test_what_it_keeps_is_said(kept):
    """Every key of every account, lists in their order; empty is left out."""
    kept.put(ROSSI, SMITH)
    rossi, smith = sorted(heard(kept.source), key=lambda one: one.code)
    assert (rossi.code, rossi.name, rossi.language, rossi.status) == ("ROSSI", "Rossi S.r.l.", "it", "active")
    assert str(rossi.primary) == "a@rossi.example"
    assert sorted(map(str, rossi.secondary)) == ["t@rossi.example", "u@rossi.example"]
    assert (smith.name, smith.status, smith.secondary) == ("Smith 100% Ltd", "active", ())
    assert sorted(map(str, smith.services)) == ["domain smith.example", "vps two"]


def test_what_is_known_is_not_said_again(kept):
    """None for the digest of the same accounts; another one as soon as anything differs."""
    kept.put(ROSSI, SMITH)
    first = kept.source.fetch("")
    assert kept.source.fetch(first.digest) is None
    assert kept.source.fetch(first.digest) is None, "and again"
    kept.put(ROSSI)
    second = kept.source.fetch(first.digest)
    assert second.digest != first.digest
    assert len(list(second.entries)) == 1
    list(first.entries)


def test_one_that_is_away_says_nothing(kept):
    """Could not ask is never an empty answer (I9); the source is named, and no password."""
    kept.away()
    with pytest.raises(Unavailable) as fault:
        kept.source.fetch("")
    assert str(fault.value).startswith("source crm: ")
    assert "hunter2" not in str(fault.value)


def test_a_broken_account_is_a_problem_that_names_it(kept):
    """Every one is told, by account and column; nothing is raised."""
    kept.put(ROSSI, ("SMITH", "Smith", "fr", "active", "nobody", "", ""))
    problems = [one for one in heard(kept.source) if isinstance(one, Problem)]
    assert sorted(one.key for one in problems) == ["account SMITH: language", "account SMITH: primary"]
    assert all("crm" in one.file for one in problems)


def test_no_account_is_an_answer(kept):
    """What to make of it is not the source's to say."""
    kept.put()
    assert heard(kept.source) == []


def test_one_that_was_given_up_ends(kept):
    """At SIGTERM nobody waits for somebody else's database."""
    kept.put(ROSSI)
    kept.source.give_up()
    with pytest.raises(Unavailable, match="the gateway stops"):
        kept.source.fetch("")
