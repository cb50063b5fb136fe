"""Shadow: a candidate set of policies beside the ruling one, on live mail. It counts differences, decides nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.core.committed import Record
from gateway.core.policy import Policy
from gateway.core.reason import Disposition
from gateway.core.replay import judged, replay
from gateway.core.times import stamp
from gateway.core.trial import DEFER

log = structlog.get_logger()


@dataclass(slots=True)
class Shadow:
    """ports.Shadow. `comparisons` are the meters' own, by what was and what would be; the rest is since it began."""

    policy: Policy
    since: datetime
    comparisons: Counter[tuple[str, str]]
    messages: int = 0
    differ: int = 0

    def compare(self, record: Record) -> None:
        """Ask it, and say in one line where it differs."""
        verdict, known = record.verdict, record.facts
        if verdict.disposition is Disposition.FAILED:
            return
        would = judged(self.policy, known.values()) if known else replay(self.policy, verdict.reason, None)
        if would is None:  # no policy rules it
            return
        self.messages += 1
        was, word = verdict.disposition.value, would.disposition.value if would.disposition else DEFER
        self.comparisons[was, word] += 1
        if was == word:
            return
        self.differ += 1
        log.info(
            "policy.diverges",
            id=record.case.arrival.id,
            was=was,
            would=word,
            reason=would.reason.value,
            rule=would.rule,
            policy=self.policy.digest[:12],
        )

    def __str__(self) -> str:
        told = f"{self.differ} of {self.messages} messages would end otherwise since {stamp(self.since)}"
        return f"{self.policy.digest[:12]}: {told}"
