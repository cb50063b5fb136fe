"""Accounts: who is registered, on which addresses, with which services, and who keeps them."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class AccountRow(SQLModel, table=True):
    """A customer (R1). The failures are those of letters to the primary since its last success (R6).

    `source` is who keeps the account, by its name in the configuration; "" where that is ops.
    """

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    language: str
    status: str
    hard_failures: int = 0
    soft_failures: int = 0
    source: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})


class AddressRow(SQLModel, table=True):
    """An address of an account; look-ups use `key`, the normalised form, which may stand on two accounts.

    `face` is what a look-alike would imitate (`core/likeness.py`).
    """

    __tablename__ = "address"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index(
            "ix_address_primary",
            "account_id",
            unique=True,
            sqlite_where=text("is_primary"),
            postgresql_where=text("is_primary"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    key: str = Field(index=True)
    text: str
    is_primary: bool
    face: str = Field(index=True, sa_column_kwargs={"server_default": ""})


class LikenessRow(SQLModel, table=True):
    """The keys under which an author who resembles a face is found; of each face that some address has."""

    __tablename__ = "likeness"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: str = Field(primary_key=True)
    face: str = Field(primary_key=True)


class ServiceRow(SQLModel, table=True):
    """A service that an account holds; domain names in lower-case A-labels. Look-ups use `key`, as `Service.key`."""

    __tablename__ = "service"
    __table_args__ = (UniqueConstraint("account_id", "kind", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    kind: str
    name: str
    key: str = Field(index=True)


class SourceRow(SQLModel, table=True):
    """What is known of a source: the digest of what was last made true, and how the last round ended.

    `round` counts what was written of it: who has looked at an older one may not write (`store/sources.py`).
    `harmed` counts the accounts that lost something since `harmed_since`, for the guard.
    """

    __tablename__ = "source"

    name: str = Field(primary_key=True)
    round: int
    digest: str
    since: str
    tried_at: str
    succeeded_at: str | None = None
    next_at: str
    error: str
    harmed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    harmed_since: str | None = None
