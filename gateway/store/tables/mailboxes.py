"""Mailboxes: the ledger of what was seen in them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel


class FolderRow(SQLModel, table=True):
    """A mailbox's folder under one UIDVALIDITY: every UID up to `mark` was seen. `since` as in `core/place.py`."""

    __tablename__ = "folder"

    ingress: str = Field(primary_key=True)
    uidvalidity: int = Field(primary_key=True, sa_type=BigInteger)
    mark: int = Field(sa_type=BigInteger)
    since: str | None = None
    first_seen_at: str


class MailRow(SQLModel, table=True):
    """A message of a folder that was to be taken, and how far it is (`Step`).

    `day` is when it was first seen; `sha256` of its octets, by which it is known again under another UIDVALIDITY.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("step in ('waiting', 'taken', 'done', 'stays', 'gone')", name="step"),
        CheckConstraint("step not in ('taken', 'done') or message_id is not null", name="written"),
        Index(
            "ix_mail_open",
            "ingress",
            "uidvalidity",
            "uid",
            sqlite_where=text("step in ('waiting', 'taken', 'stays')"),
            postgresql_where=text("step in ('waiting', 'taken', 'stays')"),
        ),
        Index("ix_mail_ingress_day", "ingress", "day"),
        Index("ix_mail_ingress_sha256", "ingress", "sha256"),
    )

    ingress: str = Field(primary_key=True)
    uidvalidity: int = Field(primary_key=True, sa_type=BigInteger)
    uid: int = Field(primary_key=True, sa_type=BigInteger)
    day: str
    step: str
    message_id: str | None = Field(default=None, foreign_key="message.id", index=True)
    sha256: str | None = None


class SeenRow(SQLModel, table=True):
    """How many UIDs of an ingress were first seen on a day, counted apart from `mail`: what the gaps show against."""

    __tablename__ = "seen"

    ingress: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    uids: int
