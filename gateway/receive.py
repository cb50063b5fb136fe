"""The story of one message: examine it, write it down. Nothing is promised before the commit (I3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from gateway.core.arrival import Arrival
from gateway.core.committed import Record, Recorded, Said
from gateway.core.confirm import CONFIRMABLE, answered, override
from gateway.core.confirmation import State
from gateway.core.evidence import Result
from gateway.core.message import DeliveryReport, Report
from gateway.core.reason import Reason
from gateway.core.verdict import Accept, Defer
from gateway.ports import Archive, Examine, Observer, Receipt, Shadow, Unavailable

TOLD = 10
"""So many recipients of a message are named in the log; `nrcpt` counts all."""

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
        _tell_arrival(arrival)
        try:
            record = await self._answering(await self.examine(arrival))
            recorded = await self.archive.record(record)
        except Unavailable as fault:
            self.observer.deferred(arrival)
            # no warning: a stranger's DNS can cause it, and what of ours is away says so itself
            log.info("message.deferred", id=arrival.id, ingress=arrival.origin.ingress, why=str(fault))
            return Receipt(arrival.id, Defer(str(fault)))  # I9
        if record.opening or record.question or recorded.answered:
            self.committed()
        self.observer.received(record.case, recorded.verdict)
        if self.shadow is not None and recorded.verdict.reason is not Reason.DUPLICATE:
            self.shadow.compare(record)
        if recorded.turned is not None:
            self.observer.turned(recorded.turned)
        _tell(record, recorded)
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
    log.info(event, id=message, account=account, answer=arrival.id, disposition=outcome)


def _tell_arrival(arrival: Arrival) -> None:
    """What came, before anything is made of it: if we die of it, the log says of what."""
    envelope, place = arrival.envelope, arrival.place
    facts: dict[str, Any] = {"id": arrival.id, "ingress": arrival.origin.ingress, "peer": arrival.origin.peer}
    if envelope is not None:
        paths = envelope.forward_paths
        facts |= {"helo": envelope.helo, "from": envelope.reverse_path or "<>", "to": paths[:TOLD], "nrcpt": len(paths)}
    if place is not None:
        facts |= {"uidvalidity": place.folder.uidvalidity, "uid": place.uid}
    log.info("message.received", **facts, size=len(arrival.raw))


def _tell(record: Record, recorded: Recorded) -> None:
    """What was found out and decided, and what was committed: one line, after the commit."""
    case, verdict = record.case, recorded.verdict
    for station, words in record.trace:
        log.debug("message.station", id=case.arrival.id, station=station, why=words)
    report = case.parsed.report if isinstance(case.parsed, DeliveryReport) else Report()
    event = f"message.{verdict.disposition}"
    log.info(
        event,
        id=case.arrival.id,
        ingress=case.arrival.origin.ingress,
        message_id=case.parsed.header.message_id,
        author=str(case.sender.author) if case.sender else "",
        subject=case.parsed.header.subject,
        evidence=case.evidence.source.value,
        spf=_result(case.evidence.spf),
        dkim=",".join([_result(one) for one in case.evidence.dkim]),
        dmarc=_result(case.evidence.dmarc),
        account=verdict.account.code if isinstance(verdict, Accept) else "",
        reason=verdict.reason.value,
        rule=verdict.rule,
        why=verdict.detail,
        ticket=recorded.ticket or "",
        letter=recorded.letter or (record.question.reply.row if record.question else ""),
        outbox=case.bounced or "",
        dsn=report.status,
        action=report.action,
    )


def _result(result: Result | None) -> str:
    return f"{result.result}/{result.domain}" if result else ""
