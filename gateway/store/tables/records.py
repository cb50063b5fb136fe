"""Records of the house: keys, counts, and the audit."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel


class KeyRow(SQLModel, table=True):
    """The keys of tokens, newest first by id (128 bits and more; rotation adds one)."""

    __tablename__ = "keyring"

    id: int | None = Field(default=None, primary_key=True)
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: str


class TallyRow(SQLModel, table=True):
    """How many messages an ingress took on a day, counted apart from the messages: the balance's other pan (I11)."""

    __tablename__ = "tally"

    ingress: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    received: int


class RateRow(SQLModel, table=True):
    """How many messages counted under a key (`core/counting.py`) within an hour, numbered from 1970."""

    __tablename__ = "rate"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    messages: int


class AuditRow(SQLModel, table=True):
    """Who changed what by hand: address book, quarantine, tickets, outbox. A chain (`core/chain.py`), only added to."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: str
    by: str
    action: str
    subject: str = Field(index=True)
    commitment: str
    hash: str


class AuditTextRow(SQLModel, table=True):
    """What an act of the audit says in words: apart, so that it can be erased. The chain covers its commitment."""

    __tablename__ = "audit_text"

    audit_id: int = Field(primary_key=True, foreign_key="audit.id")
    salt: str
    detail: str
