"""Several gateways over one database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_lease_node_id_node")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_index(op.f("ix_lease_node_id"), "lease", ["node_id"])
    op.add_column("outbox", sa.Column("claimed_by", sa.Integer(), nullable=True))
    claimed = sa.text("claimed_by is not null")
    op.create_index("ix_outbox_claimed_by", "outbox", ["claimed_by"], sqlite_where=claimed, postgresql_where=claimed)


def downgrade() -> None:
    op.drop_index("ix_outbox_claimed_by", "outbox")
    with op.batch_alter_table("outbox") as table:
        table.drop_column("claimed_by")
    op.drop_table("lease")
    op.drop_table("node")
