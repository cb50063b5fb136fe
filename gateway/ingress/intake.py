"""Intake: the data of one message, from the stream to its true end, into a body. Bounded in memory and size."""

from __future__ import annotations

import structlog

from gateway.ingress import replies
from gateway.ingress.body import Body
from gateway.ingress.dot import Dot
from gateway.ingress.replies import Reply
from gateway.ingress.settings import Bounds

SPOOL = "see that `spool` can be written and has room; mail gets 451 until then"

log = structlog.get_logger()


class Intake:
    """Fed until it is finished, whatever is wrong before; what is refused is not kept."""

    __slots__ = ("_bounds", "_disk_failed", "_dot", "body")

    def __init__(self, body: Body, bounds: Bounds) -> None:
        self.body = body
        self._bounds = bounds
        self._dot = Dot(bounds.line)
        self._disk_failed = False

    @property
    def finished(self) -> bool:
        """Whether the end was reached."""
        return self._dot.finished

    @property
    def rest(self) -> bytes:
        """What came behind the end."""
        return self._dot.rest

    @property
    def refusal(self) -> Reply | None:
        """Why there is no message in the body."""
        if self._dot.has_bare:
            return replies.NOT_CLEAN
        if self._dot.octets > self._bounds.message:
            return replies.TOO_LARGE
        if self._dot.has_long_line:
            return replies.LINE_TOO_LONG
        return replies.TRY_LATER if self._disk_failed else None

    def feed(self, octets: bytes) -> None:
        """Take what came in. Not to be called when finished, nor while `spill()` is under way."""
        clean = self._dot.feed(octets)
        if self.refusal is None:
            self.body.add(clean)
        else:
            self.body.close()

    async def spill(self) -> None:
        """Put what is in memory on disk, where there is more than may stay."""
        try:
            await self.body.spill()
        except OSError as fault:
            log.warning("smtp.spool", why=str(fault), do=SPOOL)
            self._disk_failed = True
            self.body.close()
