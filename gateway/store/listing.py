"""Lists: everything, oldest first, or what a window lets through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from gateway.core.times import stamp


@dataclass(frozen=True, slots=True)
class Window:
    """What of a list is wanted: from a moment on, and of that the newest `limit`."""

    since: datetime | None = None
    limit: int | None = None


def newest(query: Select[Any], when: ColumnElement[str], key: ColumnElement[Any], window: Window) -> Select[Any]:
    """The query narrowed by the window, oldest first."""
    if window.since is not None:
        query = query.where(when >= stamp(window.since))
    if window.limit is None:
        return query.order_by(when, key)
    part = query.order_by(when.desc(), key.desc()).limit(window.limit).subquery()
    return select(part).order_by(part.c[when.key or ""], part.c[key.key or ""])
