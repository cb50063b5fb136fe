"""The audit is a chain that only grows; what may be personal in it stands apart, covered by a commitment."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from gateway.core.chain import GENESIS, commitment, link

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = "the audit is only ever added to"
TRIGGERS = {
    "audit_update": "before update on audit",
    "audit_delete": "before delete on audit",
    # the next row and no other: `insert or replace` would pass by the trigger above
    "audit_insert": "before insert on audit when new.id is not (select coalesce(max(id), 0) + 1 from audit)",
    "audit_text_update": "before update on audit_text",
    "audit_text_insert": "before insert on audit_text when new.audit_id is not (select max(id) from audit)",
}


def upgrade() -> None:
    op.rename_table("audit", "audit_before")
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_text",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_text_audit_id_audit")),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_text")),
    )
    _chain(op.get_bind())
    op.drop_table("audit_before")
    for name, when in TRIGGERS.items():
        op.execute(f"create trigger {name} {when} begin select raise(abort, '{WORDS}'); end")


def _chain(connection: sa.Connection) -> None:
    """Link what there is, in its order."""
    previous = GENESIS
    before = connection.execute(sa.text('select at, "by", action, subject, detail from audit_before order by id'))
    for number, (*facts, detail) in enumerate(before, 1):
        salt = secrets.token_hex(16)
        row = [number, *facts, commitment(salt, detail)]
        previous = link(previous, *row)
        connection.exec_driver_sql("insert into audit values (?, ?, ?, ?, ?, ?, ?)", (*row, previous))
        connection.exec_driver_sql("insert into audit_text values (?, ?, ?)", (number, salt, detail))


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"drop trigger {name}")
    op.add_column("audit", sa.Column("detail", sa.String(), nullable=False, server_default=""))
    op.execute("update audit set detail = coalesce((select detail from audit_text where audit_id = audit.id), '')")
    op.drop_table("audit_text")
    with op.batch_alter_table("audit") as batch_op:
        batch_op.drop_column("commitment")
        batch_op.drop_column("hash")
