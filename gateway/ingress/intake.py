"""Intake: the data of one message, from the stream to its true end, into a body. Bounded in time, memory and size."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from gateway.ingress import replies
from gateway.ingress.body import Body
from gateway.ingress.dot import Dot
from gateway.ingress.replies import Reply
from gateway.ingress.settings import Bounds

CHUNK = 2**18  # octets; all that a StreamReader may hold by then

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """The end was reached. With a refusal there is no message in the body; `rest` is what came behind."""

    refusal: Reply | None
    rest: bytes


async def take_in(reader: asyncio.StreamReader, first: bytes, body: Body, bounds: Bounds) -> Taken | None:
    """Read on until the end, whatever is wrong before it; what is refused is not kept.

    None when the client hung up. Raises TimeoutError when it is too slow, and OSError when the network fails.
    """
    dot, octets, disk_failed = Dot(bounds.line), first, False
    async with asyncio.timeout(bounds.data_seconds):
        while True:
            clean = dot.feed(octets)
            if disk_failed or _refusal(dot, bounds) is not None:
                body.close()
            else:
                disk_failed = not await _written(body, clean)
            if dot.finished:
                break
            async with asyncio.timeout(bounds.idle_seconds):
                octets = await reader.read(CHUNK)
            if not octets:
                return None
    return Taken(_refusal(dot, bounds) or (replies.TRY_LATER if disk_failed else None), dot.rest)


def _refusal(dot: Dot, bounds: Bounds) -> Reply | None:
    if dot.has_bare:
        return replies.NOT_CLEAN
    if dot.octets > bounds.message:
        return replies.TOO_LARGE
    return replies.LINE_TOO_LONG if dot.has_long_line else None


async def _written(body: Body, octets: bytes) -> bool:
    try:
        await body.write(octets)
    except OSError as fault:
        log.warning("smtp.spool", fault=str(fault))
        return False
    return True
