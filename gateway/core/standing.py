"""How the gateway stands: of each ingress when it last did its work and what is wrong, and which policy is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

STUCK_AFTER = timedelta(minutes=15)
"""With an error all that time and no success, somebody has to look."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one ingress. A listener's success is a message, a mailbox's a look at everything that lies in it."""

    ingress: str
    kind: str
    """smtp, lmtp, imap."""
    since: datetime
    """When the gateway began with it."""
    last_success: datetime | None = None
    oldest_unread: datetime | None = None
    """When the oldest mail that is not taken in came (the server's INTERNALDATE)."""
    unread: int = 0
    last_error: str = ""
    """What is wrong now; empty when nothing is."""
    next_try: datetime | None = None
    hopeless: bool = False
    """Whether nothing but an operator can mend it: a refused login, a wrong certificate."""

    def lag(self, now: datetime) -> timedelta:
        """How long the oldest mail that is not taken in has been waiting."""
        return max(now - self.oldest_unread, timedelta()) if self.oldest_unread else timedelta()

    def stuck(self, now: datetime) -> bool:
        """Whether somebody has to look."""
        quiet = now - (self.last_success or self.since) >= STUCK_AFTER
        return bool(self.last_error) and (self.hopeless or quiet or self.lag(now) >= STUCK_AFTER)


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy that rules: its digest, and since when; and the last reload, where that was refused."""

    policy: str
    since: datetime
    refused_at: datetime | None = None
    refused: str = ""
    """Why. Empty again with the next good one."""
    shadow: str = ""
    """What is counted of a candidate set beside it, in words; empty where there is none."""

    def reloaded(self, policy: str, now: datetime) -> InForce:
        """A good set was read, perhaps the same again."""
        return InForce(policy, self.since if policy == self.policy else now)
