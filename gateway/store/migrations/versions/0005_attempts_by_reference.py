"""Failed attempts are kept by the reference that was named, so that one that nobody has costs the same (I10)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.add_column(sa.Column("ref", sa.String(), nullable=True))
    op.execute("update attempt set ref = (select ticket.ref from ticket where ticket.id = attempt.ticket_id)")
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_ticket_id"))
        batch_op.drop_constraint(batch_op.f("fk_attempt_ticket_id"), type_="foreignkey")
        batch_op.drop_column("ticket_id")
        batch_op.alter_column("ref", existing_type=sa.String(), nullable=False)
        batch_op.create_index(batch_op.f("ix_attempt_ref"), ["ref"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.add_column(sa.Column("ticket_id", sa.Integer(), nullable=True))
    op.execute("update attempt set ticket_id = (select ticket.id from ticket where ticket.ref = attempt.ref)")
    op.execute("delete from attempt where ticket_id is null")
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_ref"))
        batch_op.drop_column("ref")
        batch_op.alter_column("ticket_id", existing_type=sa.Integer(), nullable=False)
        batch_op.create_foreign_key(batch_op.f("fk_attempt_ticket_id"), "ticket", ["ticket_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_attempt_ticket_id"), ["ticket_id"], unique=False)
