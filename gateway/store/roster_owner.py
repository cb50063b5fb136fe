"""Whose an account is: a source keeps its own, and nothing else writes them, nor does it write anybody else's (R7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, or_, select, true, union, update

from gateway.core.account import DOMAIN, Standing
from gateway.core.problem import Problem
from gateway.store import roster_staging as s
from gateway.store import tables as t
from gateway.store.roster_difference import any_row, moves


@dataclass(frozen=True, slots=True)
class Owner:
    """Who writes: a source by its name, "" for ops. `others` are the sources that keep what is theirs."""

    name: str = ""
    others: frozenset[str] = frozenset()
    adopts: bool = True
    """Whether it takes over what none of them keeps."""

    def prunes(self) -> ColumnElement[bool]:
        """The accounts that go when it does not name them."""
        return t.account.c.source == self.name

    def stopped(self) -> ColumnElement[bool]:
        """The accounts that it may not write."""
        elsewhere = t.account.c.source.in_(self.others) if self.adopts else true()
        return and_(t.account.c.source != self.name, elsewhere)


def trespasses(connection: Connection, owner: Owner) -> Iterator[Problem]:
    """The accounts that are named here and kept by somebody else. What is another's always differs: by whose it is."""
    found = (
        select(s.account.c.file, s.account.c.line, s.account.c.code, t.account.c.source)
        .join(s.change, s.change.c.n == s.account.c.n)
        .join(t.account, t.account.c.id == s.change.c.account_id)
        .where(owner.stopped(), s.change.c.named)
        .order_by(s.account.c.n)
    )
    for row in connection.execute(found):
        if row.source in owner.others:
            wrong, right = f"is kept by source {row.source}", "change it there" if not owner.name else "name it in one"
        else:
            wrong = f"was kept by source {row.source}" if row.source else "is kept by hand"
            right = "leave it out here, or give it to this source with --adopt"
        yield Problem(row.file, row.line, f"account {row.code}", wrong, right)


def contested(connection: Connection) -> Iterator[Problem]:
    """The domains of what changes that somebody else holds by now: what this import does not write keeps them (R3)."""
    change, old, new = s.change, t.service, s.service
    written = select(change.c.account_id).where(change.c.account_id.is_not(None))
    found = (
        select(s.account.c.file, s.account.c.line, s.account.c.code, new.c.name, t.account.c.code.label("holder"))
        .join(change, change.c.n == s.account.c.n)
        .join(new, new.c.n == change.c.n)
        .join(old, and_(old.c.key == new.c.key, old.c.kind == new.c.kind))
        .join(t.account, t.account.c.id == old.c.account_id)
        .where(new.c.kind == DOMAIN, old.c.account_id.not_in(written))
        .order_by(s.account.c.n)
    )
    for row in connection.execute(found):
        wrong = f"{row.name} has become a service of account {row.holder} while this was read"
        yield Problem(row.file, row.line, f"account {row.code}: services", wrong, "a domain has one holder")


def harmed(connection: Connection) -> int:
    """How many accounts lose their good standing, an address, a service, or the address that letters go to.

    And whoever shares an address from now on with an account that claims it, for mail from it is held (R3).
    """
    change, old = s.change, t.account
    lost = or_(
        change.c.gone,
        and_(old.c.status == Standing.ACTIVE.value, change.c.status != Standing.ACTIVE.value),
        and_(old.c.status != Standing.CLOSED.value, change.c.status == Standing.CLOSED.value),
        _lost(t.address, s.address, "key"),
        _lost(t.service, s.service, "kind", "name"),
        moves(change.c.n, old.c.id),
    )
    losing = select(old.c.id).join(change, old.c.id == change.c.account_id).where(lost)
    both = union(losing, _crowded()).subquery()
    return connection.execute(select(func.count()).select_from(both)).scalar_one()


def kept(connection: Connection, owner: Owner) -> int:
    """How many accounts are its own and not closed, with those that it takes over."""
    taken = any_row(s.change, s.change.c.account_id == t.account.c.id) if owner.adopts else false()
    query = select(func.count()).select_from(t.account).where(t.account.c.status != Standing.CLOSED.value)
    return connection.execute(query.where(or_(owner.prunes(), taken))).scalar_one()


def keeper(connection: Connection, code: str, sources: Collection[str]) -> str:
    """The source among these that keeps the account; "" where there is none."""
    found = connection.execute(select(t.account.c.source).where(t.account.c.code == code)).scalar() or ""
    return str(found) if found in sources else ""


def orphans(connection: Connection, sources: Collection[str]) -> list[tuple[str, int]]:
    """The sources that are none of these any more, and how many accounts each has left that are not closed."""
    name = t.account.c.source
    left = name.not_in(["", *sources]), t.account.c.status != Standing.CLOSED.value
    query = select(name, func.count()).where(*left).group_by(name).order_by(name)
    return [(source, count) for source, count in connection.execute(query)]


def release(connection: Connection, code: str) -> None:
    """From here on the account is kept by hand; the source that has kept it, if it comes back, is heard anew."""
    of_account = t.account.c.code == code, t.account.c.source != ""
    former = select(t.account.c.source).where(*of_account).scalar_subquery()
    connection.execute(update(t.source).where(t.source.c.name == former).values(digest=""))
    connection.execute(update(t.account).where(*of_account).values(source=""))


def _crowded() -> Select[Any]:
    """The accounts in good standing that have had an address alone which another account claims, whoever keeps them."""
    change, old, mine, claimed = s.change, t.account, t.address, s.address
    other, holder = t.address.alias("other"), t.account.alias("holder")
    shared = any_row(
        other.join(holder, holder.c.id == other.c.account_id),
        other.c.key == mine.c.key,
        other.c.account_id != mine.c.account_id,
        holder.c.status != Standing.CLOSED.value,
    )
    query = select(old.c.id).join(mine, mine.c.account_id == old.c.id).join(claimed, claimed.c.key == mine.c.key)
    query = query.join(change, change.c.n == claimed.c.n).where(change.c.status != Standing.CLOSED.value)
    others = or_(change.c.account_id.is_(None), change.c.account_id != old.c.id)
    return query.where(old.c.status == Standing.ACTIVE.value, others, ~shared)


def _lost(old: Any, new: Any, *columns: str) -> ColumnElement[bool]:
    """The account has one that is not staged; what it had when it was closed already is no loss."""
    staged = any_row(new, new.c.n == s.change.c.n, *(new.c[name] == old.c[name] for name in columns))
    going = any_row(old, old.c.account_id == t.account.c.id, ~staged)
    return and_(t.account.c.status != Standing.CLOSED.value, going)
