"""The ledger of mailboxes: folders, their mail, and how much of it was seen on a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("step in ('waiting', 'taken', 'stays')")


def upgrade() -> None:
    op.create_table(
        "folder",
        sa.Column("ingress", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.String(), nullable=True),
        sa.Column("first_seen_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ingress", "uidvalidity", name=op.f("pk_folder")),
    )
    op.create_table(
        "mail",
        sa.Column("ingress", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.CheckConstraint("step in ('waiting', 'taken', 'done', 'stays', 'gone')", name=op.f("ck_mail_step")),
        sa.CheckConstraint(
            "step not in ('taken', 'done') or message_id is not null",
            name=op.f("ck_mail_written"),
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_mail_message_id")),
        sa.PrimaryKeyConstraint("ingress", "uidvalidity", "uid", name=op.f("pk_mail")),
    )
    op.create_table(
        "seen",
        sa.Column("ingress", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("uids", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ingress", "day", name=op.f("pk_seen")),
    )
    op.create_index(
        "ix_mail_open", "mail", ["ingress", "uidvalidity", "uid"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("ix_mail_ingress_day", "mail", ["ingress", "day"])
    op.create_index("ix_mail_ingress_sha256", "mail", ["ingress", "sha256"])
    op.create_index(op.f("ix_mail_message_id"), "mail", ["message_id"])


def downgrade() -> None:
    op.drop_table("seen")
    op.drop_table("mail")
    op.drop_table("folder")
