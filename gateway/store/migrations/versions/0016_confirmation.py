"""Questions to a primary address about what is held in its account's name; their letters have no ticket."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        table.alter_column("ticket_id", existing_type=sa.Integer(), nullable=True)
    op.create_table(
        "confirmation",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(), nullable=False),
        sa.Column("answer_id", sa.String(), nullable=True),
        sa.CheckConstraint("state in ('open', 'confirmed', 'denied')", name="state"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_confirmation_message_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_confirmation_account_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_confirmation_outbox_id")),
        sa.ForeignKeyConstraint(["answer_id"], ["message.id"], name=op.f("fk_confirmation_answer_id")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_confirmation")),
        sa.UniqueConstraint("message_id", name=op.f("uq_confirmation_message_id")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_confirmation_outbox_id")),
    )
    op.create_index("ix_confirmation_account_id_made_at", "confirmation", ["account_id", "made_at"])


def downgrade() -> None:
    op.drop_table("confirmation")
    op.execute("DELETE FROM outbox WHERE ticket_id IS NULL")
    with op.batch_alter_table("outbox") as table:
        table.alter_column("ticket_id", existing_type=sa.Integer(), nullable=False)
