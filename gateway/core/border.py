"""A border's silence: messages in a row without a field of it that is believed, and when that is worth a word. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SILENT_AFTER = 20
"""Messages in a row: fewer may all be mail that the border lets through without judging it."""
AGAIN_AFTER = timedelta(hours=1)


class Alarm(StrEnum):
    """What the log is told, as its event."""

    SILENT = "border.silent"
    SPEAKS = "border.speaks"


@dataclass(frozen=True, slots=True)
class Silence:
    """Of one ingress that trusts a border. `told` is when its silence was last told of; `alarmed` while that stands."""

    messages: int = 0
    told: datetime | None = None
    alarmed: bool = False

    def after(self, *, spoke: bool, at: datetime) -> tuple[Silence, Alarm | None]:
        """What it is after one more message, and what is to be said now: of silence at most once an hour."""
        if spoke:
            return Silence(0, self.told), Alarm.SPEAKS if self.alarmed else None
        messages = self.messages + 1
        rested = self.told is None or at - self.told >= AGAIN_AFTER
        if messages >= SILENT_AFTER and rested:
            return Silence(messages, at, alarmed=True), Alarm.SILENT
        return Silence(messages, self.told, self.alarmed), None
