"""Finding what became of a mail: what it is looked for by in one index, and each attempt to deliver an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SEARCHED = ["received_at", "id", "subject", "author", "reverse_path", "account_id", "queue_id"]


def upgrade() -> None:
    op.add_column("message", sa.Column("queue_id", sa.String(), nullable=False, server_default=""))
    op.drop_index("ix_message_received_at", "message")
    op.create_index("ix_message_received_at", "message", SEARCHED)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_delivery_outbox_id_outbox")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_delivery_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_outbox_id"), "delivery", ["outbox_id"])
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])


def downgrade() -> None:
    op.drop_index("ix_audit_subject", "audit")
    op.drop_table("delivery")
    op.drop_index("ix_message_received_at", "message")
    with op.batch_alter_table("message") as table:
        table.drop_column("queue_id")
    op.create_index("ix_message_received_at", "message", ["received_at"])
