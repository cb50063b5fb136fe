"""What an import does, or would do, for the operator: counts, and who gained and lost access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, union_all

from gateway.core.account import Standing
from gateway.store import roster_staging as s
from gateway.store import tables as t
from gateway.store.roster_difference import any_row, primaries

LISTED = 1_000
"""So many of a list are kept for printing; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The first of a list, and how long it is."""

    first: tuple[tuple[str, ...], ...]
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do. Access is an address on an account in good standing: both can come and go."""

    added: int
    changed: int
    unchanged: int
    removed: int
    closed: int
    gained: Listed  # (address, code)
    lost: Listed  # (address, code)
    primaries: Listed  # (code, old, new)
    ambiguous: int  # addresses that stand on several accounts that are not closed

    @property
    def touched(self) -> int:
        """How many accounts are not as they were."""
        return self.added + self.changed + self.removed + self.closed

    def __str__(self) -> str:
        counts = {name: getattr(self, name) for name in ("added", "changed", "unchanged", "removed", "closed")}
        counts |= {"gained access": self.gained.count, "lost access": self.lost.count}
        return ", ".join(f"{count} {name}" for name, count in counts.items())


def report(connection: Connection, named: int, ambiguous: int) -> Report:
    """Told from the differences, before they are applied."""
    change = s.change
    added, changed, removed, closed = (
        _count(connection, select(change.c.n).where(*conditions))
        for conditions in (
            (change.c.account_id.is_(None),),
            (change.c.account_id.is_not(None), change.c.named),
            (change.c.gone,),
            (~change.c.named, ~change.c.gone),
        )
    )
    return Report(
        added,
        changed,
        named - added - changed,
        removed,
        closed,
        _listed(connection, _gained()),
        _listed(connection, _lost()),
        _listed(connection, primaries()),
        ambiguous,
    )


def _gained() -> Select[Any]:
    new, change = s.address, s.change
    had = any_row(
        t.address.join(t.account, t.account.c.id == t.address.c.account_id),
        t.address.c.account_id == change.c.account_id,
        t.address.c.key == new.c.key,
        t.account.c.status == Standing.ACTIVE.value,
    )
    query = select(new.c.text, change.c.code).join(change, change.c.n == new.c.n)
    return query.where(change.c.status == Standing.ACTIVE.value, ~had).order_by(change.c.n, new.c.position)


def _lost() -> Select[Any]:
    old, change = t.address, s.change
    has = any_row(
        s.address,
        s.address.c.n == change.c.n,
        s.address.c.key == old.c.key,
        change.c.status == Standing.ACTIVE.value,
    )
    query = select(old.c.text, change.c.code).join(change, change.c.account_id == old.c.account_id)
    query = query.join(t.account, t.account.c.id == old.c.account_id)
    return query.where(t.account.c.status == Standing.ACTIVE.value, ~has).order_by(change.c.n, old.c.id)


def _ambiguous() -> Select[Any]:
    """The keys that will stand on several accounts, as `registered` counts them: a closed account steps back."""
    new, old = s.account, t.account
    staged = select(s.address.c.key).join(new, new.c.n == s.address.c.n).where(new.c.status != Standing.CLOSED.value)
    others = select(t.address.c.key).join(old, old.c.id == t.address.c.account_id)
    others = others.where(old.c.status != Standing.CLOSED.value, ~any_row(new, new.c.code == old.c.code))
    keys = union_all(staged, others).subquery()
    return select(keys.c.key).group_by(keys.c.key).having(func.count() > 1)


def _count(connection: Connection, query: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()


def ambiguous(connection: Connection) -> int:
    """How many addresses will stand on several accounts."""
    return _count(connection, _ambiguous())


def _listed(connection: Connection, query: Select[Any]) -> Listed:
    first = tuple(tuple(row) for row in connection.execute(query.limit(LISTED)))
    return Listed(first, len(first) if len(first) < LISTED else _count(connection, query))
