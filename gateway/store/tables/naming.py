"""How constraints and indexes are named, so that a migration can name them, and rows numbered where mail adds them.

Imported before any table is made.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData
from sqlmodel import SQLModel

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Of rows that each message adds. SQLite's integers have 64 bits anyhow, and no other type numbers rows by itself."""

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
