"""On PostgreSQL, numbers of 64 bits for what each mail adds rows of; SQLite's are as long by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("attempt", "delivery", "entry")


def upgrade() -> None:
    _number(sa.BigInteger(), "bigint")


def downgrade() -> None:
    _number(sa.Integer(), "integer")


def _number(column: sa.types.TypeEngine[int], sequence: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.alter_column(table, "id", type_=column)
            op.execute(f"alter sequence {table}_id_seq as {sequence}")
