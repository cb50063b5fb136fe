"""Sources of accounts: whose each account is, and how the last look at each source ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("source", sa.String(), server_default="", nullable=False))
    op.create_index(op.f("ix_account_source"), "account", ["source"])
    op.create_table(
        "source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("tried_at", sa.String(), nullable=False),
        sa.Column("succeeded_at", sa.String(), nullable=True),
        sa.Column("next_at", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source")),
    )


def downgrade() -> None:
    op.drop_table("source")
    op.drop_index(op.f("ix_account_source"), "account")
    with op.batch_alter_table("account") as table:
        table.drop_column("source")
