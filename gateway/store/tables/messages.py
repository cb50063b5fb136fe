"""Messages: all that ever came, their bytes, and what became of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from gateway.store.tables.naming import NUMBER

WITHOUT_END = "disposition = 'quarantine' and expires_at is null"
"""Held until a person decides: in these very words, or its index is not used."""
SEARCHED = ("received_at", "id", "subject", "author", "reverse_path", "account_id", "queue_id")
"""What mail is looked for by (`store/finding.py`): all in one index, in the order of arrival, so that a search through
a million messages reads a twentieth of what the table is. Each is bounded, or PostgreSQL would refuse a row."""


class MessageRow(SQLModel, table=True):
    """Every message ever received and what became of it. `dedup` is set on what a repetition would repeat (I4).

    `kept` is how much of it retention has left (`Kept`); `expires_at` and `held_for` are of what is held.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_received_at", *SEARCHED),
        Index("ix_message_ingress_day", "ingress", "day"),
        Index(
            "ix_message_held",
            "received_at",
            sqlite_where=text("disposition = 'quarantine'"),
            postgresql_where=text("disposition = 'quarantine'"),
        ),
        Index(
            "ix_message_expires_at",
            "expires_at",
            sqlite_where=text("expires_at is not null"),
            postgresql_where=text("expires_at is not null"),
        ),
        Index(
            "ix_message_held_without_end",
            "received_at",
            sqlite_where=text(WITHOUT_END),
            postgresql_where=text(WITHOUT_END),
        ),
        Index("ix_message_kept_disposition_received_at", "kept", "disposition", "received_at"),
    )

    id: str = Field(primary_key=True)
    received_at: str
    day: str
    ingress: str
    position: str
    peer: str
    trusted_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    inside: list[str] = Field(sa_column=Column(JSON, nullable=False, server_default="[]"))
    reverse_path: str | None = None
    forward_paths: list[str] = Field(sa_column=Column(JSON, nullable=False))
    author: str | None = Field(default=None, index=True)
    subject: str
    message_id: str = Field(index=True)
    size: int
    sha256: str
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    disposition: str
    reason: str
    rule: str
    policy: str
    detail: str
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    evidence: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    trace: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    dedup: str | None = Field(default=None, unique=True)
    overrides: list[str] = Field(default=[], sa_column=Column(JSON, nullable=False))
    expires_at: str | None = None
    held_for: str = Field(default="", sa_column_kwargs={"server_default": ""})
    kept: str = Field(default="whole", sa_column_kwargs={"server_default": "whole"})
    queue_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Under which the border had it in its queue (`core/hop.py`)."""


class RawRow(SQLModel, table=True):
    """The bytes exactly as received (I12): here, or outside as the `blob` of this name."""

    __tablename__ = "raw"
    __table_args__ = (
        Index("ix_raw_blob", "blob", sqlite_where=text("blob is not null"), postgresql_where=text("blob is not null")),
        CheckConstraint("(octets is null) = (blob is not null)", name="somewhere"),
    )

    message_id: str = Field(primary_key=True, foreign_key="message.id")
    octets: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    blob: str | None = Field(default=None, foreign_key="blob.sha256")


class ContentRow(SQLModel, table=True):
    """The octets of an attachment, once for all messages that brought them; without, they are the blob of its name."""

    __tablename__ = "content"

    sha256: str = Field(primary_key=True)
    size: int
    octets: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class BlobRow(SQLModel, table=True):
    """Octets that stand outside (`store/blobs.py`). `gone_at` makes it a tombstone: they are being taken away."""

    __tablename__ = "blob"

    sha256: str = Field(primary_key=True)
    size: int
    gone_at: str | None = Field(default=None, index=True)


class AttemptRow(SQLModel, table=True):
    """A message that named a ticket, there or not, and was not let into it; `found` says where it named it."""

    __tablename__ = "attempt"

    id: int | None = Field(default=None, sa_column=Column(NUMBER, primary_key=True))
    ref: str = Field(index=True)
    message_id: str = Field(foreign_key="message.id", index=True)
    found: str
