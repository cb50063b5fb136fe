"""What empties a row that stays: its columns keep what they hold where they are named, and one added later goes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, Column, Integer, Table, null


def blank(table: Table, stays: Collection[str]) -> dict[str, Any]:
    """The values that make a row of this table tell nothing, but for the columns that stay."""
    return {column.name: _nothing(column) for column in table.c if column.name not in stays}


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return null()
    if isinstance(column.type, JSON):
        return []
    return 0 if isinstance(column.type, Integer) else ""
