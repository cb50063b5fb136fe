"""Places: where in a mailbox a message lies, and how far the gateway has come with it. Values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.reason import Disposition


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a mailbox as the server numbers it: a UID means something only in here (RFC 9051 §2.3.1.1)."""

    ingress: str
    uidvalidity: int


@dataclass(frozen=True, slots=True)
class Place:
    """One message in a folder."""

    folder: Folder
    uid: int


class Step(StrEnum):
    """How far the gateway has come with a message of a mailbox."""

    WAITING = "waiting"
    """Seen, and not yet written down: tried until it can be."""
    TAKEN = "taken"
    """Written down (I3); not yet moved or flagged."""
    DONE = "done"
    """Written down, and moved or flagged; or somebody else removed it after it was written down."""
    STAYS = "stays"
    """Too large to be fetched: left where it is, flagged."""
    GONE = "gone"
    """Removed by somebody else before it could be fetched."""


OPEN = (Step.WAITING, Step.TAKEN, Step.STAYS)
"""What is looked at again: a bound may have been raised, a quota freed."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message of a folder, as the ledger has it. `disposition` is None until it is written down."""

    uid: int
    step: Step
    disposition: Disposition | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a folder: every UID up to `mark` was seen.

    `since` is when the newest mail that was there at first sight, and was not to be taken, had come (the server's
    INTERNALDATE); `renumbered` says that the mailbox was known under another UIDVALIDITY, `superseded` that this one
    was followed by another, and `waited`, of a folder that is now seen first, how many were not taken in before.
    """

    mark: int
    since: datetime | None = None
    renumbered: bool = False
    superseded: bool = False
    waited: int = 0
