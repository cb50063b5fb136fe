"""What is long stands outside the database, under its sha256."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("gone_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_index("ix_blob_gone_at", "blob", ["gone_at"])
    with op.batch_alter_table("raw") as table:
        table.alter_column("octets", existing_type=sa.LargeBinary(), nullable=True)
        table.add_column(sa.Column("blob", sa.String(), nullable=True))
        table.create_foreign_key(op.f("fk_raw_blob"), "blob", ["blob"], ["sha256"])
        table.create_check_constraint(op.f("ck_raw_somewhere"), "(octets is null) = (blob is not null)")
    outside = sa.text("blob is not null")
    op.create_index("ix_raw_blob", "raw", ["blob"], sqlite_where=outside, postgresql_where=outside)
    with op.batch_alter_table("content") as table:
        table.alter_column("octets", existing_type=sa.LargeBinary(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM content WHERE octets IS NULL")
    op.execute("DELETE FROM raw WHERE octets IS NULL")
    with op.batch_alter_table("content") as table:
        table.alter_column("octets", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_index("ix_raw_blob", "raw")
    with op.batch_alter_table("raw") as table:
        table.drop_constraint(op.f("ck_raw_somewhere"), type_="check")
        table.drop_constraint(op.f("fk_raw_blob"), type_="foreignkey")
        table.drop_column("blob")
        table.alter_column("octets", existing_type=sa.LargeBinary(), nullable=False)
    op.drop_table("blob")
