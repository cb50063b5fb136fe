"""The faces of the registered addresses (`core/likeness.py`), kept under their keys, and who a stranger resembles.

A change of the folding or of the shared providers changes the keys: it wants a migration that fills them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete, func, select, update

from gateway.core.address import Address
from gateway.core.likeness import How, Resemblance, face, keys, likeness, probes
from gateway.store import tables as t
from gateway.store.dialect import upsert
from gateway.store.prepared import Prepared

PAGE = 5_000
"""So many rows are filled at a time."""
CANDIDATES = 2_000
"""At most this many are compared for one author; of a million names hundreds begin alike, for most authors a few do."""
TOLD = 8
"""At most this many are told."""
STEP = 16
"""Keys are asked for by so many: few authors have more, and the 64 that one may have cost five times as much."""

_learn = upsert(t.likeness).values(key=bindparam("k"), face=bindparam("f")).on_conflict_do_nothing()
_held = select(t.address.c.id).where(t.address.c.face == bindparam("f")).exists()
_forget = delete(t.likeness).where(t.likeness.c.key == bindparam("k"), t.likeness.c.face == bindparam("f"), ~_held)
_shown = (t.address.c.text, t.account.c.id, t.account.c.code)
_alike = Prepared(
    select(t.likeness.c.face)
    .where(t.likeness.c.key.in_(bindparam("keys", expanding=True)))
    .distinct()
    .limit(CANDIDATES),
    "keys",
)
_firsts = (
    select(func.min(t.address.c.id))
    .where(t.address.c.face.in_(bindparam("faces", expanding=True)))
    .group_by(t.address.c.face)
)
_whose = Prepared(
    select(t.address.c.face, *_shown)
    .join(t.account, t.account.c.id == t.address.c.account_id)
    .where(t.address.c.id.in_(_firsts))
    .order_by(t.address.c.id),
    "faces",
)
_named = Prepared(
    select(*_shown)
    .join(t.account, t.account.c.id == t.address.c.account_id)
    .where(t.address.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(t.address.c.id)
    .limit(CANDIDATES),
    "keys",
)


def resembling(connection: Connection, author: Address, named: Sequence[Address]) -> tuple[Resemblance, ...]:
    """Whom the author resembles, and whose addresses are named. What is asked depends on the message alone (I10)."""
    faces = _alike.scalars(connection, {"keys": _filled(probes(author), STEP)})
    how = likeness(author, faces)
    rows = _whose.rows(connection, {"faces": _filled(tuple(how)[:TOLD], TOLD)})
    found = [_resemblance(row, how[row.face]) for row in rows]
    if named:
        found += [_resemblance(row, How.NAMED) for row in _named.rows(connection, {"keys": [one.key for one in named]})]
    return tuple(found)


def learn(connection: Connection, faces: Iterable[str]) -> None:
    """Keep these faces under their keys, where they are not yet."""
    _each_key(connection, faces, _learn)


def forget(connection: Connection, faces: Iterable[str]) -> None:
    """Keep these faces no longer, where no address has them any more."""
    _each_key(connection, faces, _forget)


def fill(connection: Connection) -> None:
    """Find the face of every address anew, and keep nothing else."""
    connection.execute(delete(t.likeness))
    page = select(t.address.c.id, t.address.c.text).where(t.address.c.id > bindparam("last"))
    page = page.order_by(t.address.c.id).limit(PAGE)
    set_face = update(t.address).where(t.address.c.id == bindparam("row")).values(face=bindparam("f"))
    last = 0
    while rows := connection.execute(page, {"last": last}).all():
        last = rows[-1].id
        found = [{"row": row.id, "f": face(Address(*row.text.rsplit("@", 1)))} for row in rows]
        connection.execute(set_face, found)
        learn(connection, {one["f"] for one in found})


def _filled(wanted: tuple[str, ...], step: int) -> list[str]:
    """As many as a multiple of `step`: few statements, and which one says nothing of who is registered (I10)."""
    return [*wanted, *["?"] * (-len(wanted) % step or step * (not wanted))]  # no key and no face


def _resemblance(row: Any, how: How) -> Resemblance:
    return Resemblance(row.text, row.id, row.code, how)


def _each_key(connection: Connection, faces: Iterable[str], statement: Executable) -> None:
    waiting = ({"k": key, "f": one} for one in faces for key in sorted(keys(one)))
    while page := list(islice(waiting, PAGE)):
        connection.execute(statement, page)
