"""A rule of a policy: when it holds, and what then. It can refuse, hold, route or answer; it has no word to grant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, unique

from gateway.core.expression import Condition
from gateway.core.reason import Disposition


@unique
class Priority(StrEnum):
    """How urgent a ticket is; `normal` where no rule says."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Hold:
    """How a message is held: for how long (None: as retention says), for whom, and whether the primary is asked."""

    keep: timedelta | None = None
    audience: str = ""
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reject, quarantine or discard."""

    disposition: Disposition
    hold: Hold = field(default_factory=Hold)


@dataclass(frozen=True, slots=True)
class Postponement:
    """Nothing is written, and the peer keeps the message: a 451, or it stays in its mailbox."""


@dataclass(frozen=True, slots=True)
class Filing:
    """A stranger's generic question becomes a ticket without account (R2, R11); it is for `unregistered` alone."""


Stop = Refusal | Postponement | Filing
"""What ends the trying of rules."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a new ticket goes; what is empty is said by a later rule, or by nobody."""

    queue: str = ""
    assignee: str = ""
    tags: tuple[str, ...] = ()
    priority: Priority | None = None

    def then(self, later: Route) -> Route:
        """This, completed by what a later rule says; tags add up."""
        return Route(
            self.queue or later.queue,
            self.assignee or later.assignee,
            tuple(dict.fromkeys([*self.tags, *later.tags])),
            self.priority or later.priority,
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `where` is its file and line; `answer` names a template; without a stop the next ones are tried."""

    name: str
    where: str
    condition: Condition
    stop: Stop | None = None
    route: Route = field(default_factory=Route)
    answer: str = ""

    @property
    def label(self) -> str:
        """As records name it: `default.yaml:12 panel-required`."""
        return f"{self.where} {self.name}"
