"""What rules know and say: a message's facts; a ticket's tags and priority; an enquiry has no account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("message") as table:
        table.add_column(sa.Column("facts", sa.JSON(), nullable=True))
    with op.batch_alter_table("ticket") as table:
        table.add_column(sa.Column("priority", sa.String(), nullable=False, server_default="normal"))
        table.add_column(sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
        table.alter_column("account_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("ticket") as table:
        table.alter_column("account_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("tags")
        table.drop_column("priority")
    with op.batch_alter_table("message") as table:
        table.drop_column("facts")
