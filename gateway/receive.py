"""The story of one message: examine it, write it down. Nothing is promised before the commit (I3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from gateway.core.arrival import Arrival
from gateway.core.confirm import CONFIRMABLE, answered, override
from gateway.core.confirmation import State
from gateway.core.reason import Reason
from gateway.core.verdict import Accept, Defer, Verdict
from gateway.ports import (
    Archive,
    Examine,
    Observer,
    Receipt,
    Record,
    Said,
    Shadow,
    Unavailable,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes messages through the stations."""

    examine: Examine
    archive: Archive
    observer: Observer
    committed: Callable[[], None]
    """Told after a commit that may have put something into the outbox."""
    shadow: Shadow | None = None
    """Told after the commit; has no say."""

    async def __call__(self, arrival: Arrival) -> Receipt:
        """Take one message in; returns only after the commit, or with Defer when there was none."""
        try:
            record = await self._answering(await self.examine(arrival))
            recorded = await self.archive.record(record)
        except Unavailable as fault:
            self.observer.deferred(arrival)
            log.warning("message.deferred", message=arrival.id, ingress=arrival.origin.ingress, why=str(fault))
            return Receipt(arrival.id, Defer(str(fault)))  # I9
        if record.opening or record.question or recorded.answered:
            self.committed()
        self.observer.received(record.case, recorded.verdict)
        if self.shadow is not None and recorded.verdict.reason is not Reason.DUPLICATE:
            self.shadow.compare(record)
        if recorded.turned is not None:
            self.observer.turned(recorded.turned)
        _tell(record, recorded.verdict, recorded.ticket)
        if record.answer is not None and recorded.answered:
            _tell_answer(record.answer, arrival)
        return Receipt(arrival.id, recorded.verdict, recorded.ticket)

    async def _answering(self, record: Record) -> Record:
        """A primary's answer with what it does, so that both are committed together. Raises Unavailable (I9)."""
        said, asked = answered(record.case, record.verdict), record.case.confirmation
        if said is None or asked is None:
            return record
        held = await self.archive.held(asked.message_id) if said is State.CONFIRMED else None
        if held is None or held.reason not in CONFIRMABLE:  # a person has judged it meanwhile, or it is denied
            return replace(record, answer=Said(asked, said))
        taken_on = override(asked.account, held.reason)
        return replace(record, answer=Said(asked, said, (await self.examine(held.arrival, taken_on), taken_on)))


def _tell_answer(answer: Said, arrival: Arrival) -> None:
    """What a primary said, and what became of the message that was held."""
    outcome = answer.release[0].verdict.disposition.value if answer.release else ""
    account, message = answer.confirmation.account.code, answer.confirmation.message_id
    event = f"confirmation.{answer.said}"
    log.info(event, message=message, account=account, answer=arrival.id, disposition=outcome)


def _tell(record: Record, verdict: Verdict, ticket: str | None) -> None:
    """One line a decision, after the commit."""
    arrival, sender = record.case.arrival, record.case.sender
    event = f"message.{verdict.disposition}"
    log.info(
        event,
        message=arrival.id,
        ingress=arrival.origin.ingress,
        peer=arrival.origin.peer,
        message_id=record.case.parsed.header.message_id,
        size=len(arrival.raw),
        author=sender.author.domain if sender else "",
        account=verdict.account.code if isinstance(verdict, Accept) else "",
        reason=verdict.reason.value,
        rule=verdict.rule,
        ticket=ticket or "",
    )
