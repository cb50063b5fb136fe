"""Meters: what was received, decided and sent, counted; and the alarms: a border that is silent, a primary that fails.

Every label is a word from a closed set or a name from the configuration: no stranger makes a new time series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

import structlog

from gateway.core.account import Turn
from gateway.core.arrival import Arrival
from gateway.core.border import Alarm, Silence
from gateway.core.case import Case
from gateway.core.evidence import Evidence
from gateway.core.message import Message
from gateway.core.reason import Reason
from gateway.core.reply import Deferred, Delivered, Failed, Outcome
from gateway.core.scan import Clean, Infected, NotScanned, Scan
from gateway.core.standing import Commit
from gateway.core.verdict import Verdict
from gateway.ops.floods import Floods
from gateway.ops.histogram import Histogram

RESULTS = frozenset({"none", "pass", "fail", "bestguesspass", "temperror", "permerror"})
"""DMARC result words (RFC 8601 §2.7, and Microsoft's); any other is counted as `other`."""

SCANS: dict[type[Scan], str] = {Clean: "clean", Infected: "infected", NotScanned: "not-scanned"}
OUTCOMES: dict[type[Outcome], str] = {Delivered: "delivered", Deferred: "deferred", Failed: "failed"}

log = structlog.get_logger()


@dataclass(slots=True)
class Meters:
    """ports.Observer. One for a process; all start from nothing, as Prometheus expects."""

    messages: Counter[str] = field(default_factory=Counter)
    """By ingress."""
    put_off: Counter[str] = field(default_factory=Counter)
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
    comparisons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By what became of a message, and what a candidate set of policies would have made of it: often the same."""
    silences: dict[str, Silence] = field(default_factory=dict)
    """Of the border, by ingress."""
    worker_deaths: int = 0
    """Of processes that examine mail, that nobody had told to end."""
    following: Floods = field(default_factory=Floods)
    endings: dict[str, datetime] = field(default_factory=dict)
    """Of secrets and consents, by who signs in with them."""
    certificates: Callable[[], Mapping[str, datetime]] = dict
    """When those that are offered end, by ingress, as it is now."""
    unanswered: Callable[[], int] = int
    """How many of our own questions to the nameservers had no answer, in a row, as it is now."""
    canary: datetime | None = None
    """When the last one arrived."""
    answers: Histogram = field(default_factory=Histogram)
    """From a message's last octet to its answer."""
    waits: Histogram = field(default_factory=Histogram)
    """For the writer."""
    commits: Histogram = field(default_factory=Histogram)
    failed_commits: int = 0

    def received(self, case: Case, verdict: Verdict) -> None:
        """A message was committed."""
        self.messages[case.arrival.origin.ingress] += 1
        self.dispositions[verdict.disposition.value, verdict.reason.value] += 1
        if verdict.reason is Reason.CANARY:
            self.canary = case.arrival.at
        for one in self.following.heard(case, verdict):
            self.floods[one.counter.limit, "ignore" if one.ignored else "hold"] += 1
        if case.scan is not None:
            self.scans[SCANS[type(case.scan)]] += 1
        if isinstance(case.parsed, Message):
            self.evidence[case.evidence.source.value, _result(case.evidence)] += 1
            if case.arrival.origin.trusted_ids:
                self._listen_to_border(case)

    def deferred(self, arrival: Arrival) -> None:
        """A message was put off."""
        self.put_off[arrival.origin.ingress] += 1

    def committed(self, commit: Commit) -> None:
        """The writer's thread says what it did, and nobody else calls this."""
        for seconds in commit.waited:
            self.waits.add(seconds)
        self.commits.add(commit.took)
        self.failed_commits += not commit.done

    def attempted(self, outcome: Outcome) -> None:
        """A letter was tried, and the outcome written down."""
        self.deliveries[OUTCOMES[type(outcome)]] += 1

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
