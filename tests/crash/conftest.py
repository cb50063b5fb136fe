"""The database that is made once, as in tests/e2e."""

from __future__ import annotations

from e2e.conftest import prepared

__all__ = ["prepared"]
