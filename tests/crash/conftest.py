"""The fixtures of tests/e2e."""

from __future__ import annotations

from e2e.conftest import gateway, mailboxes, prepared

__all__ = ["gateway", "mailboxes", "prepared"]
