"""The keys that tokens are sealed with live in the database, which is as private as they must be."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, insert, select

from gateway.core.reference import Keyring
from gateway.core.times import stamp
from gateway.store import tables as t

KEY_OCTETS = 32


def ensure_key(connection: Connection, now: datetime) -> None:
    """Make the first key where there is none."""
    if connection.execute(select(t.keyring.c.id).limit(1)).first() is None:
        connection.execute(insert(t.keyring).values(key=secrets.token_bytes(KEY_OCTETS), created_at=stamp(now)))


def keyring(connection: Connection) -> Keyring:
    """All keys, newest first."""
    return Keyring(tuple(connection.execute(select(t.keyring.c.key).order_by(t.keyring.c.id.desc())).scalars()))
