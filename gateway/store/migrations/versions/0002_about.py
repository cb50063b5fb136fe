"""Services are found by `key`, what a name in a message is compared with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.core.plain import key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROWS = 5_000
"""So many services are read at a time."""

service = sa.table("service", sa.column("id", sa.Integer), sa.column("name", sa.String), sa.column("key", sa.String))


def upgrade() -> None:
    with op.batch_alter_table("service") as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_name"))
        batch_op.add_column(sa.Column("key", sa.String(), nullable=True))
    fill(op.get_bind())
    with op.batch_alter_table("service") as batch_op:
        batch_op.alter_column("key", existing_type=sa.String(), nullable=False)
        batch_op.create_index(batch_op.f("ix_service_key"), ["key"], unique=False)


def fill(connection: sa.Connection) -> None:
    """Give each service of an older database its key."""
    last = 0
    one = sa.update(service).where(service.c.id == sa.bindparam("one"))
    page = sa.select(service.c.id, service.c.name).order_by(service.c.id).limit(ROWS)
    while rows := connection.execute(page.where(service.c.id > last)).all():
        connection.execute(one, [{"one": row.id, "key": key(row.name)} for row in rows])
        last = rows[-1].id


def downgrade() -> None:
    with op.batch_alter_table("service") as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_key"))
        batch_op.drop_column("key")
        batch_op.create_index(batch_op.f("ix_service_name"), ["name"], unique=False)
