"""The keys that tokens are sealed with live in the database, which is as private as they must be; none is shown."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from gateway.core.reference import Keyring
from gateway.core.times import stamp
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.prepared import Prepared

KEY_OCTETS = 32
KEYS = 8
"""At most: a token that comes in is tried with each."""

_newest_first = Prepared(select(t.keyring.c.key).order_by(t.keyring.c.id.desc()))


@dataclass(frozen=True, slots=True)
class Retired:
    """Between these two moments, as `stamp()` writes them, the key that is gone sealed what was sent."""

    since: str
    until: str


def ensure_key(connection: Connection, now: datetime) -> None:
    """Make the first key where there is none."""
    if connection.execute(select(t.keyring.c.id).limit(1)).first() is None:
        _add(connection, now)


def keyring(connection: Connection) -> Keyring:
    """All keys, newest first: the newest seals."""
    return Keyring(tuple(_newest_first.scalars(connection)))


def records(connection: Connection) -> Iterator[dict[str, Any]]:
    """The published records, oldest first."""
    rows = connection.execute(select(t.keyring.c.id, t.keyring.c.created_at).order_by(t.keyring.c.id)).all()
    for row in rows:
        state = "sealing" if row is rows[-1] else "opening"
        yield {"id": row.id, "created_at": row.created_at, "state": state}


def rotate(connection: Connection, *, now: datetime, by: str) -> int:
    """Add a key, which seals from now on. Returns its id. Raises ValueError where there are `KEYS` already."""
    if connection.execute(select(func.count()).select_from(t.keyring)).scalar_one() >= KEYS:
        raise ValueError(f"there are {KEYS} keys; retire the oldest first: `gateway keys list` names it")
    key_id = _add(connection, now)
    note(connection, now, by, "key.rotate", str(key_id))
    return key_id


def retire(connection: Connection, key_id: int, *, now: datetime, by: str) -> Retired:
    """Destroy a key: what it sealed opens nothing any more. Raises LookupError, ValueError for the one that seals."""
    since = connection.execute(select(t.keyring.c.created_at).where(t.keyring.c.id == key_id)).scalar()
    if since is None:
        raise LookupError(f"no key {key_id}; `gateway keys list` names them")
    newer = select(func.min(t.keyring.c.created_at)).where(t.keyring.c.id > key_id)
    until = connection.execute(newer).scalar()
    if until is None:  # so the greatest id is never free again, and names one key for ever
        raise ValueError(f"key {key_id} is the one that seals; `gateway keys rotate` first")
    connection.execute(delete(t.keyring).where(t.keyring.c.id == key_id))
    note(connection, now, by, "key.retire", str(key_id), f"sealed from {since} to {until}")
    return Retired(since, until)


def _add(connection: Connection, now: datetime) -> int:
    added = connection.execute(
        insert(t.keyring).values(key=secrets.token_bytes(KEY_OCTETS), created_at=stamp(now)),
    )
    return int(added.inserted_primary_key[0])  # type: ignore[index] # an INSERT of one row has one
