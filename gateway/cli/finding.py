"""What a check has found: a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `ok`, `warn` where `run` works but somebody should look, `FAIL` where it would not."""

    OK: ClassVar[str] = "ok"
    WARN: ClassVar[str] = "warn"
    FAIL: ClassVar[str] = "FAIL"

    state: str
    what: str
    words: str
