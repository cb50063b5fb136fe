"""Claims and leases: what is written is written by the gateway whose it is, though another may think it still its own.

A lease is looked at in the transaction that writes, and locked until its end: whoever was stopped, and goes on after
its lease was taken over, writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, func, inspect, or_, select, update

from gateway.core.times import stamp
from gateway.ports import Due
from gateway.store import letters
from gateway.store import tables as t
from gateway.store.database import Superseded
from gateway.store.dialect import POSTGRESQL
from gateway.store.nodes import NODES
from gateway.store.prepared import Prepared

T = TypeVar("T")

NOBODY = 0
"""The number of a node that has lost its own."""

_holder = Prepared(
    select(t.lease.c.node_id, t.node.c.host, t.node.c.pid, t.node.c.began_at)
    .join(t.node, t.node.c.id == t.lease.c.node_id)
    .where(t.lease.c.name == bindparam("name"))
    .with_for_update(read=True, of=t.lease)
)
_alive = Prepared(
    select(t.node.c.id).where(t.node.c.id == bindparam("node")).with_for_update(read=True, key_share=True)
)


def fenced(connection: Connection, name: str, node: int | None, work: Callable[[Connection], T]) -> T:
    """Do the work, if the lease is this node's, and stays so until the commit. Raises Superseded."""
    holder = _holder.first(connection, {"name": name})
    if holder is None or holder.node_id != node:
        who = f"{holder.host} (pid {holder.pid}, since {holder.began_at})" if holder else "no gateway, for now,"
        raise Superseded(f"{name}: {who} reads this mailbox; what this one did is not written down")
    return work(connection)


def waiting(connection: Connection, now: datetime, busy: Collection[str], node: int) -> bool:
    """Whether there is anything to claim: a look that writes nothing."""
    return bool(connection.execute(select(_open(now, busy, node).exists())).scalar_one())


def claim(connection: Connection, now: datetime, limit: int, busy: Collection[str], node: int) -> tuple[Due, ...]:
    """Due rows that nobody sends, from here on this node's; none where it counts as dead."""
    if not _alive.rows(connection, {"node": node}):
        return ()
    found = _open(now, busy, node).order_by(t.outbox.c.next_attempt_at, t.outbox.c.id).limit(limit)
    locked = found.with_for_update(skip_locked=True).cte("locked")  # run once; a subquery may be, for each row
    connection.execute(update(t.outbox).where(t.outbox.c.id.in_(select(locked.c.id))).values(claimed_by=node))
    return letters.due(connection, now, limit, busy, node)


def holders(connection: Connection) -> Iterator[dict[str, Any]]:
    """Which gateway has which lease."""
    found = select(t.lease.c.name, t.node.c.host, t.node.c.pid, t.node.c.began_at)
    for row in connection.execute(found.join(t.node, t.node.c.id == t.lease.c.node_id).order_by(t.lease.c.name)):
        yield dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def running(connection: Connection) -> list[str]:
    """Which gateways are alive on a PostgreSQL, at whatever schema it is; of a file its lock tells."""
    if connection.dialect.name != POSTGRESQL or not inspect(connection).has_table(t.node.name):
        return []
    alive = ~func.pg_try_advisory_xact_lock_shared(NODES, t.node.c.id)
    found = connection.execute(select(t.node.c.host, t.node.c.pid).where(alive).order_by(t.node.c.id))
    return [f"{row.host} (pid {row.pid})" for row in found]


def _open(now: datetime, busy: Collection[str], node: int) -> Any:
    """Free, or ours and not in flight: of a claim whose commit was not heard."""
    free: ColumnElement[bool] = or_(t.outbox.c.claimed_by.is_(None), t.outbox.c.claimed_by == node)
    due = t.outbox.c.next_attempt_at <= stamp(now)
    return select(t.outbox.c.id).where(due, free, t.outbox.c.id.not_in(busy), ~letters.erased)
