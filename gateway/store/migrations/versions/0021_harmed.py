"""What the rounds of a source took from accounts lately, so that many small ones are no way around the guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("harmed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("source", sa.Column("harmed_since", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("source") as table:
        table.drop_column("harmed")
        table.drop_column("harmed_since")
