"""Meters: what was received, decided and sent, counted; and the alarms: a border that is silent, a primary that fails.

Every label is a word from a closed set or a name from the configuration: no stranger makes a new time series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

import structlog

from gateway.core.account import Turn
from gateway.core.border import Alarm, Silence
from gateway.core.case import Case
from gateway.core.evidence import Evidence
from gateway.core.message import Message
from gateway.core.reply import Deferred, Delivered, Failed, Outcome
from gateway.core.scan import Clean, Infected, NotScanned, Scan
from gateway.core.standing import Bound
from gateway.core.verdict import Verdict
from gateway.ops.floods import Floods

RESULTS = frozenset({"none", "pass", "fail", "bestguesspass", "temperror", "permerror"})
"""DMARC result words (RFC 8601 §2.7, and Microsoft's); any other is counted as `other`."""

_SCANS: dict[type[Scan], str] = {Clean: "clean", Infected: "infected", NotScanned: "not-scanned"}

log = structlog.get_logger()


@dataclass(slots=True)
class Meters:
    """ports.Observer. One for a process; all start from nothing, as Prometheus expects."""

    messages: Counter[str] = field(default_factory=Counter)
    """By ingress."""
    dispositions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By disposition and reason."""
    evidence: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By source and DMARC result."""
    scans: Counter[str] = field(default_factory=Counter)
    """By what the scanner said; nothing where there is none."""
    deliveries: Counter[str] = field(default_factory=Counter)
    """By outcome."""
    floods: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the limit that was reached, and by its bound: hold or ignore."""
    divergences: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By what became of a message, and what a candidate set of policies would have made of it."""
    silences: dict[str, Silence] = field(default_factory=dict)
    """Of the border, by ingress."""
    worker_deaths: int = 0
    """Of processes that examine mail, that nobody had told to end."""
    following: Floods = field(default_factory=Floods)
    endings: dict[str, datetime] = field(default_factory=dict)
    """Of secrets and consents, by who signs in with them."""
    bounds: Callable[[], tuple[Bound, ...]] = tuple
    """What there is only so much of, as it is now."""

    def received(self, case: Case, verdict: Verdict) -> None:
        """A message was committed."""
        self.messages[case.arrival.origin.ingress] += 1
        self.dispositions[verdict.disposition.value, verdict.reason.value] += 1
        for one in self.following.heard(case, verdict):
            self.floods[one.counter.limit, "ignore" if one.ignored else "hold"] += 1
        if case.scan is not None:
            self.scans[_SCANS[type(case.scan)]] += 1
        if isinstance(case.parsed, Message):
            self.evidence[case.evidence.source.value, _result(case.evidence)] += 1
            if case.arrival.origin.trusted_ids:
                self._listen_to_border(case)

    def attempted(self, outcome: Outcome) -> None:
        """A letter was tried, and the outcome written down."""
        match outcome:
            case Delivered():
                word = "delivered"
            case Deferred():
                word = "deferred"
            case Failed():
                word = "failed"
            case _:
                assert_never(outcome)
        self.deliveries[word] += 1

    def turned(self, turn: Turn) -> None:
        """A primary address has begun to fail, or works again: R6 wants ops to hear of it."""
        if turn.working:
            log.info("account.primary-working", account=turn.code)
        else:
            log.warning(
                "account.primary-failing",
                account=turn.code,
                failures=turn.failures,
                do="have the customer correct it; nothing is sent anywhere else",
            )

    def credential_ends(self, name: str, ends: datetime) -> None:
        """A secret or a consent ends then."""
        self.endings[name] = ends

    def worker_died(self) -> None:
        """A worker has died; another takes its place."""
        self.worker_deaths += 1

    def _listen_to_border(self, case: Case) -> None:
        ingress = case.arrival.origin.ingress
        before = self.silences.get(ingress, Silence())
        self.silences[ingress], alarm = before.after(spoke=case.border_spoke, at=case.arrival.at)
        match alarm:
            case Alarm.SILENT:
                log.warning(
                    alarm.value,
                    ingress=ingress,
                    messages=self.silences[ingress].messages,
                    wanted=sorted(case.arrival.origin.trusted_ids),
                    latest=case.arrival.id,
                    do="have the border write Authentication-Results of that id, or correct trusted_authserv_ids",
                )
            case Alarm.SPEAKS:
                log.info(alarm.value, ingress=ingress, after=before.messages)
            case None:
                pass
            case _:
                assert_never(alarm)


def _result(evidence: Evidence) -> str:
    word = evidence.dmarc.result if evidence.dmarc else "none"
    return word if word in RESULTS else "other"
