"""What is sent to an OAuth2 server, and what it said. Values; nothing of a secret is in their repr."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

_TOLD = frozenset({"grant_type", "client_id", "scope", "client_assertion_type"})
"""Fields that are no secrets."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields of a POST; `basic` is a client's id and secret where they go into the header (RFC 6749 §2.3.1)."""

    fields: Mapping[str, str] = field(repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with it."""
        if self.basic is None:
            return {}
        words = ":".join(map(quote_plus, self.basic))  # form-encoded first, says RFC 6749 §2.3.1
        return {"Authorization": f"Basic {b64encode(words.encode()).decode()}"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in no log and no error."""
        secrets = [value for key, value in self.fields.items() if key not in _TOLD]
        return tuple(secrets) if self.basic is None else (*secrets, self.basic[1])


@dataclass(frozen=True, slots=True)
class Said:
    """The server's answer, unread."""

    status: int
    octets: bytes = field(repr=False)
