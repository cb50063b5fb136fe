"""Version 6: soft failures beside hard ones, and which of them a letter that failed was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("soft_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("failure", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.drop_column("failure")
    with op.batch_alter_table("account") as batch_op:
        batch_op.drop_column("soft_failures")
