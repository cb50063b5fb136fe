"""DNS: a question to its answer. No failure of network or nameserver is raised: it is COULD_NOT_ASK (I9), and logged.

Promises: every wait is bounded, by the event loop's clock and not by the wall's, which jumps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from dns.message import QueryMessage

from gateway.authentication.cache import Cache, Fresh
from gateway.authentication.exchange import Nameserver, exchange
from gateway.authentication.records import Trouble, query, read
from gateway.core.inquiry import Answer, Found, Question

log = structlog.get_logger()

PORT = 53
SYSTEM_NAMESERVERS = 3
"""As many as the C library takes from resolv.conf(5)."""


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """Whom to ask (IP address and port each; none: the system's), and for how many seconds: one try, a question."""

    nameservers: tuple[Nameserver, ...] = ()
    one_try: float = 2
    question: float = 6
    system: Path = Path("/etc/resolv.conf")


class Resolver:
    """ports.Names over recursive nameservers: two rounds, in the order given. One for the process.

    `clock` counts seconds for the cache.
    """

    def __init__(self, settings: ResolverSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._cache = Cache(self._ask, clock)

    async def answer(self, question: Question) -> Answer:
        """From the cache or from a nameserver, within `settings.question` seconds."""
        return await self._cache.answer(question)

    async def _ask(self, question: Question) -> Fresh:
        troubles: list[str] = []
        try:
            async with asyncio.timeout(self._settings.question):
                for edns in (True, False):  # RFC 6891 §7: what does not know it, or drops it, is asked without
                    asked = query(question, edns=edns)
                    if asked is None:
                        return Fresh(Answer(Found.NO_SUCH_NAME), 0)
                    for nameserver in self._settings.nameservers or system(self._settings.system):
                        outcome = await self._try(asked, nameserver)
                        if isinstance(outcome, Fresh):
                            return outcome
                        troubles.append(f"{nameserver[0]} {outcome.words}")
        except TimeoutError:
            troubles.append("no time left")
        log.info("dns.unanswered", name=question.name, kind=question.kind, troubles=troubles)
        return Fresh(Answer(Found.COULD_NOT_ASK), 0)

    async def _try(self, asked: QueryMessage, nameserver: Nameserver) -> Fresh | Trouble:
        try:
            async with asyncio.timeout(self._settings.one_try):
                return read(await exchange(asked, nameserver))
        except TimeoutError:
            return Trouble("is silent")
        except (OSError, EOFError) as fault:
            return Trouble(str(fault))


def system(path: Path) -> tuple[Nameserver, ...]:
    """The nameservers in a resolv.conf(5), which changes under a daemon; when it names none, by that page this host."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    named = [(one[1], PORT) for one in words if len(one) > 1 and one[0] == "nameserver"]
    return tuple(named[:SYSTEM_NAMESERVERS]) or (("127.0.0.1", PORT),)
