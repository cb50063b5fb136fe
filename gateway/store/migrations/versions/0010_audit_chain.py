"""The audit is a chain that only grows; what may be personal in it stands apart, covered by a commitment."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from gateway.core.chain import GENESIS, commitment, link
from gateway.store.dialect import refuse

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = "the audit is only ever added to"
TRIGGERS = {
    "audit_update": ("update", "audit", "true"),
    "audit_delete": ("delete", "audit", "true"),
    # the next row and no other: `insert or replace` would pass by the trigger above
    "audit_insert": ("insert", "audit", "coalesce(new.id <> (select coalesce(max(id), 0) + 1 from audit), true)"),
    "audit_text_update": ("update", "audit_text", "true"),
    "audit_text_insert": ("insert", "audit_text", "coalesce(new.audit_id <> (select max(id) from audit), true)"),
}
_audit = sa.table("audit", *map(sa.column, ("id", "at", "by", "action", "subject", "commitment", "hash")))
_audit_text = sa.table("audit_text", *map(sa.column, ("audit_id", "salt", "detail")))


def upgrade() -> None:
    op.execute("create table audit_before as select * from audit")
    op.drop_table("audit")
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
    for name, (event, table, condition) in TRIGGERS.items():
        refuse(op.get_bind(), name, event, table, condition, WORDS)


def _chain(connection: sa.Connection) -> None:
    """Link what there is, in its order."""
    previous = GENESIS
    before = connection.execute(sa.text('select at, "by", action, subject, detail from audit_before order by id'))
    for number, (*facts, detail) in enumerate(before, 1):
        salt = secrets.token_hex(16)
        row = [number, *facts, commitment(salt, detail)]
        previous = link(previous, *row)
        connection.execute(sa.insert(_audit).values([*row, previous]))
        connection.execute(sa.insert(_audit_text).values([number, salt, detail]))


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"drop trigger {name}")  # SQLite's words: nobody goes back to this on PostgreSQL
    op.add_column("audit", sa.Column("detail", sa.String(), nullable=False, server_default=""))
    op.execute("update audit set detail = coalesce((select detail from audit_text where audit_id = audit.id), '')")
    op.drop_table("audit_text")
    with op.batch_alter_table("audit") as batch_op:
        batch_op.drop_column("commitment")
        batch_op.drop_column("hash")
