"""Tickets: what is asked, what is said on both sides, and what is to be sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, text
from sqlmodel import Field, SQLModel

from gateway.store.tables.naming import NUMBER

TO_BLANK = "status = 'closed' and (blanked_at is null or blanked_at < updated_at)"
"""Of a ticket: what retention looks at. In these very words, or its index is not used."""


class TicketRow(SQLModel, table=True):
    """A request (R9). What was said in it up to `blanked_at` has gone by retention."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_to_blank", "updated_at", sqlite_where=text(TO_BLANK), postgresql_where=text(TO_BLANK)),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    """None: a stranger's generic enquiry (R2)."""
    service: str | None = None
    queue: str
    priority: str = Field(default="normal", sa_column_kwargs={"server_default": "normal"})
    tags: list[str] = Field(default=[], sa_column=Column(JSON, nullable=False, server_default="[]"))
    status: str
    subject: str
    opened_at: str
    updated_at: str
    assignee: str | None = None
    blanked_at: str | None = None


class EntryRow(SQLModel, table=True):
    """One message, reply or note in a ticket's history; `folded` where it is a program's answer to ours."""

    __tablename__ = "entry"
    __table_args__ = (CheckConstraint("kind in ('in', 'out', 'note')", name="kind"),)

    id: int | None = Field(default=None, sa_column=Column(NUMBER, primary_key=True))
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    at: str
    kind: str
    by: str
    text: str
    quoted: str
    signature: str
    attachments: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    message_id: str | None = Field(default=None, foreign_key="message.id")
    outbox_id: str | None = Field(default=None, foreign_key="outbox.id")
    folded: bool = False


class OutboxRow(SQLModel, table=True):
    """What is to be said to an account. No address that a writer fills: `recipient` is written by the attempt (I1)."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state in ('due', 'delivered', 'deferred', 'failed', 'cancelled')", name="state"),
        Index(
            "ix_outbox_waiting",
            "next_attempt_at",
            sqlite_where=text("next_attempt_at is not null"),
            postgresql_where=text("next_attempt_at is not null"),
        ),
        Index("ix_outbox_account_id_kind_created_at", "account_id", "kind", "created_at"),
        Index(
            "ix_outbox_claimed_by",
            "claimed_by",
            sqlite_where=text("claimed_by is not null"),
            postgresql_where=text("claimed_by is not null"),
        ),
    )

    id: str = Field(primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id", index=True)
    """None: a question to a primary, which has a `confirmation`."""
    kind: str
    subject: str
    text: str
    in_reply_to: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: str
    state: str
    attempts: int = 0
    next_attempt_at: str | None = None
    status: str = ""
    recipient: str | None = None
    message_id: str | None = None
    failure: str | None = None
    """Of a letter that failed: hard or soft."""
    claimed_by: int | None = None
    """The gateway that is sending it, where there may be several."""


class DeliveryRow(SQLModel, table=True):
    """What became of a letter each time: an attempt and what the smarthost said, or a report that came back."""

    __tablename__ = "delivery"

    id: int | None = Field(default=None, sa_column=Column(NUMBER, primary_key=True))
    outbox_id: str = Field(foreign_key="outbox.id", index=True)
    at: str
    outcome: str
    """delivered, deferred, failed, cancelled; of a report what it says was done: failed, delayed."""
    status: str
    message_id: str | None = Field(default=None, foreign_key="message.id")
    """The report."""


class ConfirmationRow(SQLModel, table=True):
    """A question to an account's primary about a message that is held (`core/confirmation.py`); `ref` as a ticket's."""

    __tablename__ = "confirmation"
    __table_args__ = (
        CheckConstraint("state in ('open', 'confirmed', 'denied')", name="state"),
        Index("ix_confirmation_account_id_made_at", "account_id", "made_at"),
    )

    ref: str = Field(primary_key=True)
    message_id: str = Field(foreign_key="message.id", unique=True)
    account_id: int = Field(foreign_key="account.id")
    outbox_id: str = Field(foreign_key="outbox.id", unique=True)
    state: str
    made_at: str
    expires_at: str
    answer_id: str | None = Field(default=None, foreign_key="message.id")
    """The message that answered."""
