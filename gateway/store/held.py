"""Which of the held messages are meant, and what an operator wants to know of them all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from gateway.core.reason import Reason
from gateway.core.times import stamp
from gateway.store import ledger
from gateway.store import tables as t
from gateway.store.listing import Window
from gateway.store.retention_terms import Condition, held

NEWEST = 5
"""So many of each reason are told in a digest."""
SOON = timedelta(days=3)
"""What expires within this is told as expiring soon."""

_m = t.message.c


@dataclass(frozen=True, slots=True)
class Which:
    """Held messages that all of this is true of; what is empty asks for nothing. `sender` is an address's key."""

    reason: Reason | None = None
    sender: str = ""
    domain: str = ""
    held_for: str = ""
    expiring: datetime | None = None
    """Those that expire before."""
    before: datetime | None = None
    """Those that came before."""

    @property
    def condition(self) -> Condition:
        """For messages; the author is the one that they claim."""
        terms = [held]
        if self.reason is not None:
            terms.append(_m.reason == self.reason.value)
        if self.sender:
            terms.append(_m.author == self.sender)
        if self.domain:
            terms.append(_m.author.endswith(f"@{self.domain}", autoescape=True))
        if self.held_for:
            terms.append(_m.held_for == self.held_for)
        if self.expiring is not None:
            terms.append(_m.expires_at < stamp(self.expiring))
        if self.before is not None:
            terms.append(_m.received_at < stamp(self.before))
        return and_(*terms)


def found(connection: Connection, which: Which) -> list[tuple[str, str]]:
    """Id and reason of those that are meant, oldest first."""
    query = select(_m.id, _m.reason).where(which.condition).order_by(_m.received_at, _m.id)
    return [(row.id, row.reason) for row in connection.execute(query)]


def digest(connection: Connection, since: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """For each reason how many are held, how many came since, how many expire soon, and the newest of these since."""
    came = func.count().filter(_m.received_at >= stamp(since))
    soon = func.count().filter(_m.expires_at < stamp(now + SOON))
    query = select(_m.reason, func.count().label("held"), came.label("since"), soon.label("expiring"))
    for row in connection.execute(query.where(held).group_by(_m.reason).order_by(_m.reason)).all():
        of_reason = Which(reason=Reason(row.reason)).condition
        newest = list(ledger.messages(connection, Window(since, NEWEST), of_reason, "detail"))
        yield {**row._mapping, "newest": newest[::-1]}  # noqa: SLF001 - SQLAlchemy's public name for it
