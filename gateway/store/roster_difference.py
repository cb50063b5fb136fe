"""What an import changes: found set-wise before the lock, settled inside it, then written, row by row that differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Insert,
    Select,
    Table,
    and_,
    delete,
    false,
    insert,
    literal,
    or_,
    select,
    update,
)

from gateway.store import roster_staging as s
from gateway.store import tables as t
from gateway.store.dialect import measured
from gateway.store.likeness import forget


def compare(connection: Connection, owner: str) -> None:
    """Note which accounts differ from what is staged, or are not `owner`'s. The others are not looked at again."""
    new, old = s.account, t.account
    differs = or_(
        old.c.id.is_(None),
        old.c.name != new.c.name,
        old.c.language != new.c.language,
        old.c.status != new.c.status,
        old.c.source != owner,
        and_(~new.c.named, ~_referenced(old.c.id)),
        *(part.coming(new.c.n, old.c.id) for part in PARTS),
        *(part.going(new.c.n, old.c.id) for part in PARTS),
    )
    columns = ["n", "code", "name", "language", "status", "named"]
    found = select(*(new.c[column] for column in columns), old.c.id, false())
    found = found.select_from(new.outerjoin(old, old.c.code == new.c.code)).where(differs)
    connection.execute(insert(s.change).from_select([*columns, "account_id", "gone"], found))
    s.stage_likeness(connection)
    measured(connection, s.change.name, s.likeness.name)


def settle(connection: Connection, owner: str) -> None:
    """Look again at what may have changed since: who exists, whose it is, and what refers to whom."""
    change = s.change
    connection.execute(update(change).values(account_id=_id_of(change.c.code)))
    owned = any_row(t.account, t.account.c.id == change.c.account_id, t.account.c.source == owner)
    connection.execute(delete(change).where(~change.c.named, ~owned))
    connection.execute(update(change).where(~change.c.named, ~_referenced(change.c.account_id)).values(gone=True))
    connection.execute(delete(s.address).where(s.address.c.n.in_(select(change.c.n).where(change.c.gone))))
    s.stage_likeness(connection)  # of what lost its last address in between


def apply(connection: Connection, owner: str) -> None:
    """Write what differs, and nothing else. What goes goes first: no account ever has two primaries (R1)."""
    change, account = s.change, t.account
    is_new = change.c.account_id.is_(None)
    moved = primaries().with_only_columns(change.c.account_id)
    untried = update(account).where(account.c.id.in_(moved)).values(hard_failures=0, soft_failures=0)  # R6
    connection.execute(untried)
    former = select(account.c.source).join(change, change.c.account_id == account.c.id)
    former = former.where(account.c.source.not_in(("", owner)))
    connection.execute(update(t.source).where(t.source.c.name.in_(former)).values(digest=""))  # if it comes back
    connection.execute(
        update(account)
        .where(account.c.id == change.c.account_id)
        .values(name=change.c.name, language=change.c.language, status=change.c.status, source=owner),
    )
    faces = connection.execute(_faces_going()).scalars().all()
    for part in PARTS:
        connection.execute(part.delete())
    connection.execute(delete(account).where(account.c.id.in_(select(change.c.account_id).where(change.c.gone))))
    columns = ["code", "name", "language", "status"]
    added = select(*(change.c[column] for column in columns), literal(0), literal(0), literal(owner))
    added = added.where(is_new).order_by(change.c.n)
    connection.execute(insert(account).from_select([*columns, "hard_failures", "soft_failures", "source"], added))
    connection.execute(update(change).where(is_new).values(account_id=_id_of(change.c.code)))
    for part in PARTS:
        connection.execute(part.insert())
    connection.execute(_likeness_coming())
    forget(connection, faces)


@dataclass(frozen=True, slots=True)
class Part:
    """What an account has many of: the table it stands in, the table it is staged in, and what makes two rows equal."""

    old: Table
    new: Table
    columns: tuple[str, ...]
    order: str

    def coming(self, n: ColumnElement[int], account_id: ColumnElement[int]) -> ColumnElement[bool]:
        """The file has a row that the account has not."""
        return any_row(self.new, self.new.c.n == n, ~self._kept(account_id))

    def going(self, n: ColumnElement[int], account_id: ColumnElement[int]) -> ColumnElement[bool]:
        """The account has a row that the file has not."""
        return any_row(self.old, self.old.c.account_id == account_id, ~self._staged(n))

    def delete(self) -> Delete:
        """Of the accounts that differ, the rows that the file has not."""
        return delete(self.old).where(self.old.c.id.in_(self.of_changed(self.old.c.id)))

    def of_changed(self, column: ColumnElement[Any]) -> Select[Any]:
        """A column of the rows that are deleted."""
        change = s.change
        going = select(column).join(change, change.c.account_id == self.old.c.account_id)
        return going.where(~self._staged(change.c.n))

    def insert(self) -> Insert:
        """Of the accounts that differ, the rows that only the file has."""
        change = s.change
        coming = select(change.c.account_id, *(self.new.c[column] for column in self.columns))
        coming = coming.join(self.new, self.new.c.n == change.c.n).where(~self._kept(change.c.account_id))
        coming = coming.order_by(change.c.n, self.new.c[self.order])
        return insert(self.old).from_select(["account_id", *self.columns], coming)

    def _kept(self, account_id: ColumnElement[int]) -> ColumnElement[bool]:
        return any_row(self.old, self.old.c.account_id == account_id, *self._equal())

    def _staged(self, n: ColumnElement[int]) -> ColumnElement[bool]:
        return any_row(self.new, self.new.c.n == n, *self._equal())

    def _equal(self) -> list[ColumnElement[bool]]:
        return [self.old.c[column] == self.new.c[column] for column in self.columns]


PARTS = (
    Part(t.address, s.address, ("key", "text", "is_primary", "face"), "position"),
    Part(t.service, s.service, ("kind", "name", "key"), "name"),
)


def _faces_going() -> Select[Any]:
    """The faces that some address loses."""
    return PARTS[0].of_changed(t.address.c.face).distinct()


def _likeness_coming() -> Insert:
    """The keys of faces that are new."""
    new, old = s.likeness, t.likeness
    known = any_row(old, old.c.key == new.c.key, old.c.face == new.c.face)
    coming = select(new.c.key, new.c.face).where(~known).order_by(new.c.key, new.c.face)  # in the table's own order
    return insert(old).from_select(["key", "face"], coming)


def primaries() -> Select[Any]:
    """The accounts whose primary moves: code, old, new."""
    old, new, change = t.address, s.address, s.change
    query = select(change.c.code, old.c.text.label("old"), new.c.text.label("new"))
    query = query.join(old, and_(old.c.account_id == change.c.account_id, old.c.is_primary))
    query = query.join(new, and_(new.c.n == change.c.n, new.c.is_primary))
    return query.where(old.c.key != new.c.key).order_by(change.c.n)


def moves(n: ColumnElement[int], account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the primary of an account becomes another."""
    new, old = s.address, t.address
    stays = any_row(new, new.c.n == n, new.c.is_primary, new.c.key == old.c.key)
    return any_row(old, old.c.account_id == account_id, old.c.is_primary, ~stays)


def any_row(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the table has a row like this; every other table is the enclosing query's."""
    return select(literal(1)).select_from(table).where(*conditions).correlate_except(table).exists()


def _referenced(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether history speaks of the account: then it can be closed, but not deleted (I12)."""
    return or_(*(any_row(table, table.c.account_id == account_id) for table in (t.ticket, t.message, t.outbox)))


def _id_of(code: ColumnElement[str]) -> ColumnElement[int]:
    return select(t.account.c.id).where(t.account.c.code == code).correlate_except(t.account).scalar_subquery()
