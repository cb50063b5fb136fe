"""Limits on attachments: what a policy does not want to have in tickets, told in words. Pure, and blind to accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.letter import shown
from gateway.core.message import Attachment
from gateway.core.sniff import PROGRAMS


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """None is no limit. `size` in octets, of one; `refuse` are content types; extensions without a dot, lower case."""

    count: int | None = None
    size: int | None = None
    refuse: frozenset[str] = frozenset()
    refuse_extensions: frozenset[str] = frozenset()

    def objection(self, attachments: Sequence[Attachment]) -> str:
        """Which attachment is not wanted, and why; "" where all are."""
        if self.count is not None and len(attachments) > self.count:
            return f"{len(attachments)} attachments; attachments.count is {self.count}"
        told = ((number, one, self._wrong(one)) for number, one in enumerate(attachments, 1))
        return next(
            (f"attachment {number}, {shown(one.filename)}: {wrong}" for number, one, wrong in told if wrong), ""
        )

    def _wrong(self, one: Attachment) -> str:
        if self.size is not None and one.size > self.size:
            return f"{one.size} octets; attachments.size is {self.size}"
        for kind, how in ((one.content_type, "says it is"), (one.sniffed, "is")):
            if kind in self.refuse or (kind in PROGRAMS and not self.refuse.isdisjoint(PROGRAMS)):
                return f"{how} {kind}; attachments.refuse"
        # any of them: what stands last decides what opens it, and what stands before it is often hidden
        extensions = (part.strip().lower() for part in one.filename.split(".")[1:])
        found = next((part for part in extensions if part in self.refuse_extensions), "")
        return f"has the extension {found}; attachments.refuse_extensions" if found else ""
