"""The address book: who is registered, found by equality of keys (R1), and the changes that ops make to it (R7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, func, insert, select, update

from gateway.core.account import Account, Language, Service, Standing
from gateway.core.address import Address
from gateway.core.confirmation import State
from gateway.core.likeness import face
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.health import HARD_FAILURES
from gateway.store.likeness import forget, learn
from gateway.store.prepared import Prepared

LOOKED_UP = 500
"""So many keys are looked up by one statement."""

PAGE = 500
"""So many accounts are read at a time."""

_primary = t.address.alias("primary_address")
_account_columns = (
    t.account.c.id,
    t.account.c.code,
    t.account.c.name,
    t.account.c.language,
    t.account.c.status,
    t.account.c.source,
    _primary.c.text.label("primary"),
)
_accounts: Select[Any] = select(*_account_columns).join(
    _primary,
    and_(_primary.c.account_id == t.account.c.id, _primary.c.is_primary),
)
_registered = Prepared(
    _accounts.join(t.address, t.address.c.account_id == t.account.c.id)
    .where(t.address.c.key == bindparam("key"))
    .order_by(t.account.c.id)
)
_by_id = Prepared(_accounts.where(t.account.c.id == bindparam("id")))
_holders = Prepared(
    select(t.service.c.account_id, t.service.c.kind, t.service.c.name, t.account.c.code)
    .join(t.account, t.account.c.id == t.service.c.account_id)
    .where(t.service.c.key.in_(bindparam("keys", expanding=True))),
    "keys",
)
_by_code = _accounts.where(t.account.c.code == bindparam("code"))


def registered(connection: Connection, author: Address) -> tuple[Account, ...]:
    """The accounts the address is on. A closed account steps back where another one holds the address too."""
    accounts = tuple(_account(row) for row in _registered.rows(connection, {"key": author.key}))
    if len(accounts) > 1:
        accounts = tuple(one for one in accounts if one.status is not Standing.CLOSED) or accounts
    return accounts


def by_id(connection: Connection, account_id: int) -> Account | None:
    """The account as it is now."""
    row = _by_id.first(connection, {"id": account_id})
    return _account(row) if row else None


def by_code(connection: Connection, code: str) -> Account:
    """The account of this code. Raises LookupError."""
    row = connection.execute(_by_code, {"code": code}).first()
    if row is None:
        raise LookupError(f"no account {code}; `gateway accounts list` names them")
    return _account(row)


def holders(connection: Connection, keys: Sequence[str]) -> tuple[Service, ...]:
    """The services of these keys, whoever holds them."""
    found: list[Service] = []
    for start in range(0, len(keys), LOOKED_UP):
        rows = _holders.rows(connection, {"keys": keys[start : start + LOOKED_UP]})
        found += (Service(row.account_id, row.kind, row.name, row.code) for row in rows)
    return tuple(found)


def set_primary(connection: Connection, code: str, address: Address, *, now: datetime, by: str) -> None:
    """Make `address` the account's primary; the old one stays as a secondary. Raises LookupError."""
    account = by_code(connection, code)
    of_account = t.address.c.account_id == account.id
    connection.execute(update(t.address).where(of_account, t.address.c.is_primary).values(is_primary=False))
    changed = connection.execute(
        update(t.address).where(of_account, t.address.c.key == address.key).values(is_primary=True, text=str(address)),
    )
    if not changed.rowcount:
        add(connection, account.id, address, is_primary=True)
    connection.execute(update(t.account).where(t.account.c.id == account.id).values(hard_failures=0, soft_failures=0))
    note(connection, now, by, "account.set-primary", code, f"{account.primary} to {address}")


def add_address(connection: Connection, code: str, address: Address, *, now: datetime, by: str) -> None:
    """Add a secondary address. Raises LookupError, and ValueError where the account has it already."""
    account = by_code(connection, code)
    here = select(t.address.c.id).where(t.address.c.account_id == account.id, t.address.c.key == address.key)
    if connection.execute(here).first():
        raise ValueError(f"{address} is on {code} already")
    add(connection, account.id, address, is_primary=False)
    note(connection, now, by, "account.add-address", code, str(address))


def add(connection: Connection, account_id: int, address: Address, *, is_primary: bool) -> None:
    """Put an address that is new to it on an account."""
    shown = face(address)
    row = {"account_id": account_id, "key": address.key, "text": str(address), "is_primary": is_primary, "face": shown}
    connection.execute(insert(t.address).values(row))
    learn(connection, [shown])


def remove_address(connection: Connection, code: str, address: Address, *, now: datetime, by: str) -> None:
    """Remove a secondary address. Raises LookupError, and ValueError for the primary, which an account always has."""
    account = by_code(connection, code)
    if account.primary.key == address.key:
        raise ValueError(f"{address} is the primary of {code}; set another one first with `accounts set-primary`")
    gone = connection.execute(
        delete(t.address).where(t.address.c.account_id == account.id, t.address.c.key == address.key),
    )
    if not gone.rowcount:
        raise LookupError(f"{address} is not on {code}")
    forget(connection, [face(address)])
    note(connection, now, by, "account.remove-address", code, str(address))


def records(connection: Connection, wanted: str | None = None, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """The published records, oldest first: all accounts or the newest `limit`, or those of a code or an address."""
    query = select(*_account_columns, t.account.c.hard_failures, t.account.c.soft_failures).join(
        _primary,
        and_(_primary.c.account_id == t.account.c.id, _primary.c.is_primary),
    )
    if wanted is not None:
        query = query.where(_wanted(wanted))
    if limit is not None:
        newest = select(t.account.c.id).order_by(t.account.c.id.desc()).limit(limit)
        query = query.where(t.account.c.id.in_(newest))
    for rows in connection.execute(query.order_by(t.account.c.id)).partitions(PAGE):
        yield from _page(connection, rows)


def _wanted(wanted: str) -> ColumnElement[bool]:
    try:
        key = Address.parse(wanted).key
    except ValueError:
        return t.account.c.code == wanted
    return t.account.c.id.in_(select(t.address.c.account_id).where(t.address.c.key == key))


def _page(connection: Connection, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    ids = [row.id for row in rows]
    secondary, services = defaultdict(list), defaultdict(list)
    of_rows = t.address.c.account_id.in_(ids), t.address.c.is_primary.is_(False)
    for row in connection.execute(select(t.address).where(*of_rows).order_by(t.address.c.id)):
        secondary[row.account_id].append(row.text)
    for row in connection.execute(select(t.service).where(t.service.c.account_id.in_(ids)).order_by(t.service.c.id)):
        services[row.account_id].append({"kind": row.kind, "name": row.name})
    denied = select(t.confirmation.c.account_id, func.count()).where(t.confirmation.c.state == State.DENIED.value)
    denied = denied.where(t.confirmation.c.account_id.in_(ids)).group_by(t.confirmation.c.account_id)
    impersonations = {row[0]: row[1] for row in connection.execute(denied)}
    for row in rows:
        yield {
            "code": row.code,
            "name": row.name,
            "language": row.language,
            "status": row.status,
            "source": row.source or None,
            "primary": row.primary,
            "secondary": secondary[row.id],
            "services": services[row.id],
            "primary_working": row.hard_failures < HARD_FAILURES,
            "primary_failures": {"hard": row.hard_failures, "soft": row.soft_failures},
            "impersonations": impersonations.get(row.id, 0),
        }


def _account(row: Any) -> Account:
    return Account(
        row.id,
        row.code,
        row.name,
        Language(row.language),
        Standing(row.status),
        Address(*row.primary.rsplit("@", 1)),  # parsed when it was written
    )
