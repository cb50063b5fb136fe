"""Cache: what the DNS said, kept for as long as it holds and within bounds; one question is under way only once.

Refuses to believe a time to live that would make us ask all day or never again, and to keep more than it may.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.core.inquiry import Answer, Found, Question

SHORTEST, LONGEST = 30.0, 3600.0
"""Seconds that an answer is kept, whatever its time to live says."""

LONGEST_NEGATIVE = 300.0
"""Seconds that a "no" is kept at most; RFC 2308 §5 would allow hours, and a domain's owner who repairs it waits."""

UNASKED = 5.0
"""Seconds in which a question that could not be asked is not asked again, so that a storm of mail spares a resolver."""

ENTRIES = 10_000
OCTETS = 16 * 2**20
"""At most so much is kept, least recently used first out."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """An answer as it came, and the seconds that its source says it holds: the TTL, or the SOA's minimum for a "no"."""

    answer: Answer
    ttl: float


class Cache:
    """ports.Names over whoever asks in earnest. `clock` counts seconds and never jumps."""

    def __init__(self, ask: Callable[[Question], Awaitable[Fresh]], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: OrderedDict[Question, tuple[Answer, float]] = OrderedDict()
        self._octets = 0
        self._under_way: dict[Question, asyncio.Task[Answer]] = {}

    async def answer(self, question: Question) -> Answer:
        """What is kept, or what comes back now, for all who wait for it."""
        answer, until = self._kept.get(question, _NOTHING)
        if self._clock() < until:
            self._kept.move_to_end(question)
            return answer
        task = self._under_way.get(question)
        if task is None:
            task = self._under_way[question] = asyncio.create_task(self._fetch(question))
            task.add_done_callback(lambda _: self._under_way.pop(question))
        return await asyncio.shield(task)  # who stops waiting leaves it to the others, and to the next

    async def _fetch(self, question: Question) -> Answer:
        fresh = await self._ask(question)
        self._forget(question)
        self._kept[question] = (fresh.answer, self._clock() + _seconds(fresh))
        self._octets += _octets(question, fresh.answer)
        while len(self._kept) > ENTRIES or self._octets > OCTETS:
            self._forget(next(iter(self._kept)))
        return fresh.answer

    def _forget(self, question: Question) -> None:
        if question in self._kept:
            answer, _ = self._kept.pop(question)
            self._octets -= _octets(question, answer)


_NOTHING = (Answer(Found.COULD_NOT_ASK), float("-inf"))


def _seconds(fresh: Fresh) -> float:
    match fresh.answer.found:
        case Found.COULD_NOT_ASK:
            return UNASKED
        case Found.VALUES:
            return min(max(fresh.ttl, SHORTEST), LONGEST)
        case Found.NO_DATA | Found.NO_SUCH_NAME:
            return min(max(fresh.ttl, SHORTEST), LONGEST_NEGATIVE)


def _octets(question: Question, answer: Answer) -> int:
    return len(question.name) + sum(map(len, answer.values))
