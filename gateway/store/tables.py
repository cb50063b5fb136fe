"""The tables. SQLModel defines them; queries are SQLAlchemy Core; migrations/ makes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, LargeBinary, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


TO_BLANK = "status = 'closed' and (blanked_at is null or blanked_at < updated_at)"
"""Of a ticket: what retention looks at. In these very words, or its index is not used."""


WITHOUT_END = "disposition = 'quarantine' and expires_at is null"
"""Of a message: held until a person decides. The same holds of these words."""


class AccountRow(SQLModel, table=True):
    """A customer (R1). The failures are those of letters to the primary since its last success (R6)."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    language: str
    status: str
    hard_failures: int = 0
    soft_failures: int = 0


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


class MessageRow(SQLModel, table=True):
    """Every message ever received and what became of it. `dedup` is set on what a repetition would repeat (I4).

    `kept` is how much of it retention has left (`Kept`); `expires_at` and `held_for` are of what is held.
    """

    __tablename__ = "message"
    __table_args__ = (
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
    received_at: str = Field(index=True)
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


class RawRow(SQLModel, table=True):
    """The bytes exactly as received (I12)."""

    __tablename__ = "raw"

    message_id: str = Field(primary_key=True, foreign_key="message.id")
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ContentRow(SQLModel, table=True):
    """The octets of an attachment, once for all messages that brought them."""

    __tablename__ = "content"

    sha256: str = Field(primary_key=True)
    size: int
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EntryRow(SQLModel, table=True):
    """One message, reply or note in a ticket's history; `folded` where it is a program's answer to ours."""

    __tablename__ = "entry"
    __table_args__ = (CheckConstraint("kind in ('in', 'out', 'note')", name="kind"),)

    id: int | None = Field(default=None, primary_key=True)
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


class AttemptRow(SQLModel, table=True):
    """A message that named a ticket, there or not, and was not let into it; `found` says where it named it."""

    __tablename__ = "attempt"

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(index=True)
    message_id: str = Field(foreign_key="message.id", index=True)
    found: str


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


class AuditRow(SQLModel, table=True):
    """Who changed what by hand: address book, quarantine, tickets, outbox. A chain (`core/chain.py`), only added to."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: str
    by: str
    action: str
    subject: str
    commitment: str
    hash: str


class AuditTextRow(SQLModel, table=True):
    """What an act of the audit says in words: apart, so that it can be erased. The chain covers its commitment."""

    __tablename__ = "audit_text"

    audit_id: int = Field(primary_key=True, foreign_key="audit.id")
    salt: str
    detail: str


# The tables as Core sees them: `from gateway.store import tables as t`, then `t.message.c.id`.
account = metadata.tables["account"]
address = metadata.tables["address"]
likeness = metadata.tables["likeness"]
service = metadata.tables["service"]
ticket = metadata.tables["ticket"]
message = metadata.tables["message"]
raw = metadata.tables["raw"]
content = metadata.tables["content"]
entry = metadata.tables["entry"]
attempt = metadata.tables["attempt"]
outbox = metadata.tables["outbox"]
confirmation = metadata.tables["confirmation"]
keyring = metadata.tables["keyring"]
tally = metadata.tables["tally"]
rate = metadata.tables["rate"]
folder = metadata.tables["folder"]
mail = metadata.tables["mail"]
seen = metadata.tables["seen"]
audit = metadata.tables["audit"]
audit_text = metadata.tables["audit_text"]
