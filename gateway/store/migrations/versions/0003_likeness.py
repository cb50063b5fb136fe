"""Version 3: what of each address can be imitated, and the keys under which look-alikes are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.store.likeness import fill

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("address", sa.Column("face", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "likeness",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("face", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", "face", name=op.f("pk_likeness")),
        sqlite_with_rowid=False,
    )
    fill(op.get_bind())
    op.create_index(op.f("ix_address_face"), "address", ["face"], unique=False)  # sorted once, after the filling


def downgrade() -> None:
    op.drop_table("likeness")
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_face"))
        batch_op.drop_column("face")
