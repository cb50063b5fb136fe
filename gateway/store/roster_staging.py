"""Where an import waits before it touches anything: temporary tables of one connection, outside everybody's locks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    false,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.schema import CreateTable

from gateway.core.account import DOMAIN, Standing
from gateway.core.likeness import face, keys
from gateway.core.plain import key
from gateway.core.problem import Problem
from gateway.core.roster import Entry
from gateway.store import tables as t
from gateway.store.dialect import measured

BATCH_ROWS = 5_000
PROBLEMS = 20
"""So many problems are told in full; the rest are counted."""

staging = MetaData()

account = Table(
    "roster_account",
    staging,
    Column("n", Integer, primary_key=True),
    Column("code", String, nullable=False),
    Column("name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("status", String, nullable=False),
    Column("file", String, nullable=False),
    Column("line", Integer, nullable=False),
    Column("named", Boolean, nullable=False),  # by the file; else it is here to be pruned
    prefixes=["TEMPORARY"],
)
address = Table(
    "roster_address",
    staging,
    Column("n", Integer, primary_key=True),
    Column("key", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("face", String, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
likeness = Table(
    "roster_likeness",
    staging,
    Column("face", String, primary_key=True),
    Column("key", String, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
service = Table(
    "roster_service",
    staging,
    Column("n", Integer, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("key", String, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
change = Table(
    "roster_change",
    staging,
    Column("n", Integer, primary_key=True),
    Column("account_id", Integer),
    Column("code", String, nullable=False),
    Column("name", String, nullable=False),
    Column("language", String, nullable=False),
    Column("status", String, nullable=False),
    Column("named", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
    prefixes=["TEMPORARY"],
)
_by_code = Index("ix_roster_account_code", account.c.code)


@dataclass(slots=True)
class Problems:
    """The first problems, and how many there are."""

    first: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, problem: Problem) -> None:
        """Count it, and keep it while it is among the first."""
        self.count += 1
        if len(self.first) < PROBLEMS:
            self.first.append(problem)


def stage(connection: Connection, entries: Iterable[Entry | Problem], problems: Problems) -> int:
    """Put the entries into the temporary tables; how many there are. What is wrong goes to `problems`."""
    for table in staging.sorted_tables:
        connection.execute(CreateTable(table))
    rows: dict[Table, list[dict[str, Any]]] = {account: [], address: [], service: []}
    number = 0
    for found in entries:
        if isinstance(found, Problem):
            problems.add(found)
            continue
        number += 1
        _rows(rows, number, found)
        if len(rows[account]) + len(rows[service]) >= BATCH_ROWS:
            _flush(connection, rows)
    _flush(connection, rows)
    _by_code.create(connection)  # sorted once, instead of a million times
    measured(connection, account.name, address.name, service.name)
    return number


def conflicts(connection: Connection) -> Iterator[Problem]:
    """What no account can know of another: a code that stands twice, a domain that two accounts hold."""
    twice = select(account.c.code).group_by(account.c.code).having(func.count() > 1).subquery()
    query = select(account).join(twice, twice.c.code == account.c.code).order_by(account.c.code, account.c.n)
    before = None
    for row in connection.execute(query):
        if before is not None and before.code == row.code:
            wrong = f"stands here and on line {before.line}"
            yield Problem(row.file, row.line, f"account {row.code}: code", wrong, "one entry an account")
        before = row
    yield from _shared_domains(connection)
    yield from _held_elsewhere(connection)


def stage_unnamed(connection: Connection, owned: ColumnElement[bool]) -> None:
    """Stage what becomes of those `owned` that are not named: closed, the primary alone, no services."""
    named = select(account.c.n).where(account.c.code == t.account.c.code).correlate(t.account).exists()
    last = select(func.coalesce(func.max(account.c.n), 0)).scalar_subquery()
    unnamed = select(
        last + func.row_number().over(order_by=t.account.c.id),
        t.account.c.code,
        t.account.c.name,
        t.account.c.language,
        literal(Standing.CLOSED.value),
        literal(""),
        literal(0),
        false(),
    ).where(~named, owned)
    columns = ["n", "code", "name", "language", "status", "file", "line", "named"]
    connection.execute(insert(account).from_select(columns, unnamed))
    primaries = (
        select(account.c.n, t.address.c.key, t.address.c.text, literal(0), true(), t.address.c.face)
        .join(t.account, t.account.c.code == account.c.code)
        .join(t.address, and_(t.address.c.account_id == t.account.c.id, t.address.c.is_primary))
        .where(~account.c.named)
    )
    columns = ["n", "key", "text", "position", "is_primary", "face"]
    connection.execute(insert(address).from_select(columns, primaries))


def stage_likeness(connection: Connection) -> None:
    """Stage the keys of the faces that are new with what differs; those that are staged already stay."""
    new = select(address.c.face).distinct().join(change, change.c.n == address.c.n).where(~change.c.gone)
    for of in (t.address, likeness):
        new = new.where(~select(of.c.face).where(of.c.face == address.c.face).correlate(address).exists())
    faces = connection.execute(new).scalars()
    while page := list(islice(faces, BATCH_ROWS)):
        connection.execute(insert(likeness), [{"face": one, "key": cut} for one in page for cut in keys(one)])


def _rows(rows: dict[Table, list[dict[str, Any]]], n: int, entry: Entry) -> None:
    rows[account].append(
        {
            "n": n,
            "code": entry.code,
            "name": entry.name,
            "language": entry.language.value,
            "status": entry.status.value,
            "file": entry.file,
            "line": entry.line,
            "named": True,
        },
    )
    rows[address] += (
        {"n": n, "key": one.key, "text": str(one), "position": at, "is_primary": at == 0, "face": face(one)}
        for at, one in enumerate((entry.primary, *entry.secondary))
    )
    rows[service] += ({"n": n, "kind": one.kind, "name": one.name, "key": key(one.name)} for one in entry.services)


def _flush(connection: Connection, rows: dict[Table, list[dict[str, Any]]]) -> None:
    for table, waiting in rows.items():
        if waiting:
            connection.execute(insert(table), waiting)
            waiting.clear()


def _shared_domains(connection: Connection) -> Iterator[Problem]:
    """A domain has one holder, or nobody could say whose ticket it is (R3)."""
    shared = (
        select(service.c.name)
        .where(service.c.kind == DOMAIN)
        .group_by(service.c.name)
        .having(func.count() > 1)
        .subquery()
    )
    query = (
        select(account.c.code, account.c.file, account.c.line, service.c.name.label("domain"))
        .join(service, service.c.n == account.c.n)
        .join(shared, shared.c.name == service.c.name)
        .where(service.c.kind == DOMAIN)
        .order_by(service.c.name, account.c.n)
    )
    before = None
    for row in connection.execute(query):
        if before is not None and before.domain == row.domain and before.code != row.code:
            wrong = f"{row.domain} is also a service of account {before.code} on line {before.line}"
            yield Problem(row.file, row.line, f"account {row.code}: services", wrong, "a domain has one holder")
        before = row


def _held_elsewhere(connection: Connection) -> Iterator[Problem]:
    holder = t.account.alias("holder")
    unnamed = ~select(account.c.n).where(account.c.code == holder.c.code).correlate(holder).exists()
    query = (
        select(account.c.code, account.c.file, account.c.line, service.c.name, holder.c.code.label("holder"))
        .join(service, service.c.n == account.c.n)
        .join(t.service, and_(t.service.c.key == service.c.key, t.service.c.kind == service.c.kind))
        .join(holder, holder.c.id == t.service.c.account_id)
        .where(service.c.kind == DOMAIN, unnamed)
        .order_by(account.c.n)
    )
    for row in connection.execute(query):
        wrong = f"{row.name} is a service of account {row.holder}, which is not named here"
        yield Problem(row.file, row.line, f"account {row.code}: services", wrong, f"name {row.holder} too, without it")
