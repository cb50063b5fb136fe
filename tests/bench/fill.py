"""A database with as many accounts and tickets as are wanted, in minutes: the store's own tables, by plain bulk SQL.

Tickets are copies of a few that the gateway itself has made of the mix: each with its message, entry and letter, on
accounts in turns, spread over two years up to now, closed, their letters delivered. Retention has left no octets and no
facts of the messages, and of all words the beginning is kept. Indexes are dropped before and made again after.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mix

from gateway.core.address import Address
from gateway.core.likeness import face, keys
from gateway.core.reference import REFERENCE_BITS, make_reference

DAYS = 730
FIRST_ACCOUNT = 1_000
TEMPLATES = mix.CYCLE
_CHARACTERS = 400
_AT = "strftime('%Y-%m-%dT%H:%M:%f000Z', :begin, (n * :days * 86400.0 / :count) || ' seconds')"
_ACCOUNT = f":first_account + n * {mix.STRIDE} % :accounts"
_NUMBERS = "with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n + 1 < :count)"
_CHANGED = {
    "ticket": {
        "id": ":first + n",
        "ref": "reference(n)",
        "account_id": _ACCOUNT,
        "status": "'closed'",
        "opened_at": _AT,
        "updated_at": _AT,
        "blanked_at": _AT,
    },
    "message": {
        "id": "printf('00%016d', n)",
        "received_at": _AT,
        "day": f"substr({_AT}, 1, 10)",
        "author": f"author({_ACCOUNT} - :first_account)",
        "message_id": "printf('old.%d@mail.example', n)",
        "sha256": "lower(hex(randomblob(32)))",
        "account_id": _ACCOUNT,
        "ticket_id": ":first + n",
        "evidence": "null",
        "facts": "null",
        "trace": "'[]'",
        "dedup": "lower(hex(randomblob(32)))",
        "kept": "'count'",
    },
    "entry": {
        "id": ":first + n",
        "ticket_id": ":first + n",
        "at": _AT,
        "text": f"substr(template.text, 1, {_CHARACTERS})",
        "message_id": "printf('00%016d', n)",
    },
    "outbox": {
        "id": "printf('01%016d', n)",
        "account_id": _ACCOUNT,
        "ticket_id": ":first + n",
        "text": f"substr(template.text, 1, {_CHARACTERS})",
        "created_at": _AT,
        "state": "'delivered'",
        "attempts": "1",
        "next_attempt_at": "null",
        "status": "'250 2.0.0 taken'",
        "message_id": "printf('old.%d@gateway.example.it', n)",
    },
}


def add_accounts(path: Path, count: int) -> None:
    """Accounts with two addresses, a domain, and the keys that look-alikes are found under, as an import makes them."""
    tables = ("account", "address", "service", "likeness")
    with _bulk(path, tables) as database:
        database.executemany(
            "insert into account (id, code, name, language, status, hard_failures, soft_failures)"
            " values (?, ?, ?, ?, 'active', 0, 0)",
            ((FIRST_ACCOUNT + n, f"C-{n:07}", f"Cliente {n}", "it" if n % 3 else "en") for n in range(count)),
        )
        database.executemany(
            "insert into address (account_id, key, text, is_primary, face) values (?, ?, ?, ?, ?)",
            _addresses(count),
        )
        database.executemany(
            "insert into service (account_id, kind, name, key) values (?, 'domain', ?, ?)",
            ((FIRST_ACCOUNT + n, mix.domain(n), mix.domain(n)) for n in range(count)),
        )
        database.execute("create temp table learnt (key text, face text)")
        database.executemany("insert into learnt values (?, ?)", _likeness(count))
        database.execute("insert or ignore into likeness select key, face from learnt order by key, face")


def add_tickets(path: Path, accounts: int, count: int) -> None:
    """Copies of the first tickets in turns; there must be `TEMPLATES` of them."""
    facts = {
        "begin": f"{datetime.now(UTC) - timedelta(days=DAYS):%Y-%m-%d %H:%M}",
        "days": DAYS,
        "count": count,
        "templates": TEMPLATES,
        "accounts": accounts,
        "first_account": FIRST_ACCOUNT,
    }
    with _bulk(path, _CHANGED) as database:
        facts["first"] = database.execute("select max(id) + 1 from ticket").fetchone()[0]
        assert facts["first"] > TEMPLATES, "too few to copy"
        for table, changed in _CHANGED.items():
            order = "id" if table == "ticket" else "ticket_id"
            columns = [row[1] for row in database.execute(f"pragma table_info({table})")]
            values = ", ".join(changed.get(column, f'template."{column}"') for column in columns)
            source = f"temp.first_{table}"
            place = f"row_number() over (order by {order}) - 1 as place"
            database.execute(f"create table {source} as select {place}, * from {table}")  # noqa: S608 - names of ours
            chosen = f"{source} template on template.place = n % :templates"
            database.execute(f"{_NUMBERS} insert into {table} select {values} from numbers join {chosen}", facts)  # noqa: S608 - the same


@contextmanager
def _bulk(path: Path, tables: Iterable[str]) -> Iterator[sqlite3.Connection]:
    """One transaction without the indexes of these tables, which are made again at its end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.create_function("reference", 1, _reference, deterministic=True)
        database.create_function("author", 1, lambda number: f"tecnico@{mix.domain(number)}", deterministic=True)
        database.executescript("pragma cache_size = -1000000; pragma temp_store = memory; pragma synchronous = off;")
        database.execute("begin immediate")
        asked = "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name = ?"
        indexes = [found for table in tables for found in database.execute(asked, (table,))]
        for name, _ in indexes:
            database.execute(f"drop index {name}")
        yield database
        for _, statement in indexes:
            database.execute(statement)
        database.execute("commit")
        database.execute("pragma wal_checkpoint(truncate)")


def _reference(number: int) -> str:
    """Of all possible ones another for each, far apart."""
    return make_reference(number * 0x9E3779B97F5 % (1 << REFERENCE_BITS))


def _addresses(count: int) -> Iterator[tuple[object, ...]]:
    for number in range(count):
        domain = mix.domain(number)
        for local in ("posta", "tecnico"):
            text = f"{local}@{domain}"
            yield FIRST_ACCOUNT + number, text, text, local == "posta", domain


def _likeness(count: int) -> Iterator[tuple[str, str]]:
    for number in range(count):
        shown = face(Address("tecnico", mix.domain(number)))
        for key in keys(shown):
            yield key, shown
