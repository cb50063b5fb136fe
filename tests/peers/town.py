"""The town: a border Postfix, a smarthost Postfix, the mailboxes behind it, everywhere else, the gateway's ports."""

from __future__ import annotations

from dataclasses import dataclass

from e2e.sink import Sink
from peers.postfix import Postfix


@dataclass(frozen=True, slots=True)
class Town:
    """What lives as long as the tests. The gateway comes and goes, always on the same ports."""

    border: Postfix
    smarthost: Postfix
    mailboxes: Sink
    """What the smarthost delivers."""
    elsewhere: Sink
    """What the border sends out, which should be nothing."""
    smtp: int
    lmtp: int

    def settle(self) -> None:
        """Throw away what a test left."""
        for mta in (self.border, self.smarthost):
            mta.empty()
            mta.idle()
        self.mailboxes.clear()
        self.elsewhere.clear()
