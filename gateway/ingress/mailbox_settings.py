"""Settings of a mailbox, and how long it waits before it is tried again. Values and pure functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from gateway.core.reason import Disposition
from gateway.ingress.imap.driver import BadCertificate, Driver, RefusedLogin, RefusedToken, Server

HOPELESS = (RefusedLogin, RefusedToken, BadCertificate)
"""Nothing but an operator mends these, and servers lock out whoever insists."""
FLAGGED = r"\Flagged"
"""What stays in its folder and wants somebody's eyes: a failed mail, one too large."""

SignIn = Callable[[Driver], Awaitable[None]]
"""With a password or a token. Raises what login() and authenticate() raise, and Unavailable."""

_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """One entry under `imap:` in the configuration."""

    name: str
    server: Server
    folder: str
    start: Literal["new", "all"] | date
    filing: Literal["move", "flag"]
    folders: Mapping[Disposition, str]
    """Where a message is moved to; a failed one stays."""
    trusted_ids: frozenset[str]
    inside: tuple[str, ...]
    """The hops between the border and the mailbox (`core/inside.py`)."""
    message: int
    """The largest that is fetched, in octets."""
    sweep: float = 300
    """Seconds between two looks at everything, whatever IDLE says."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: doubling from the first to the longest, stretched by jitter."""

    first: float
    longest: float

    def after(self, attempts: int, chance: float) -> timedelta:
        """How long to wait after so many failures in a row; `chance` is in [0, 1)."""
        wait = min(self.first * 2.0 ** min(attempts - 1, 32), self.longest)
        return timedelta(seconds=wait * (1 + _JITTER * chance))


CONNECTION = Waits(2, 300)
REFUSAL = Waits(300, 3600)
MAIL = Waits(10, 3600)
"""Of one mail that could not be taken in, or not be moved."""


def keyword(disposition: Disposition) -> str:
    """What a mail that is left in its folder is flagged with."""
    return FLAGGED if disposition is Disposition.FAILED else f"$Gateway{disposition.value.title()}"
