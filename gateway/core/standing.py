"""How the gateway stands: each ingress, the policy in force, what there is only so much of, and what is wrong."""

from __future__ import annotations

from collections.abc import Hashable
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
class Stint:
    """What a part of the gateway is at by itself. It is stuck inside when that stays the same for too long.

    To wait for a server that is away, for a client or for a time is no stint: such waits have bounds of their own, and
    trouble is shown in a Standing. No restart mends it.
    """

    part: str
    """As an operator knows it: the writer, dispatch, the name of an ingress."""
    mark: Hashable
    """Another one when it has got on."""
    within: float
    """Seconds that it may take, at its slowest."""


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


@dataclass(frozen=True, slots=True)
class Bound:
    """Something that there is only so much of. Over it mail is put off with a 4xx, or waits in its mailbox."""

    name: str
    """memory (octets), commits (waiting), connections NAME, disk (octets that are free, and are to stay so)."""
    now: int
    limit: int
    put_off: int
    """How often something was, since the gateway began."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction of the writer, in seconds."""

    waited: tuple[float, ...]
    """Each piece of work of it, for the writer."""
    took: float
    done: bool
    """False where the database did not take it: nothing of it is on disk."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a gateway says of itself, and when it said so."""

    at: datetime
    in_force: InForce
    standings: tuple[Standing, ...] = ()
    bounds: tuple[Bound, ...] = ()
    troubles: tuple[str, ...] = ()
    """What is wrong now with more than one ingress, a line each."""
    version: str = ""
    began: datetime | None = None
    """When it was started."""
