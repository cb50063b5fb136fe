"""Asking: drives an inquiry to its end, within what one message may cost (threats rule 15).

An `Allowance` is shared by all inquiries of one message. Two things make an answer COULD_NOT_ASK, and whoever judges
must tell them apart by the allowance afterwards:

- `unanswered`: asked, and the resolver could not say. That may pass: what hangs on it defers (I9).
- `exhausted`: not asked any more. It is the stranger's message that wants too much, and would want it again: what
  hangs on it is no evidence, and never a reason to defer.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.core.inquiry import Answer, Found, Inquiry, Question, T
from gateway.ports import Names


class Allowance:
    """How many questions one message may ask, and for how many seconds from now it may begin to ask one.

    A question once begun is not cut off: its own bound is the resolver's, so a dead resolver never looks `exhausted`.
    """

    def __init__(self, questions: int, seconds: float, clock: Callable[[], float]) -> None:
        self._left = questions
        self._clock = clock
        self._until = clock() + seconds
        self._exhausted = False
        self._unanswered: list[Question] = []

    @property
    def exhausted(self) -> bool:
        """Whether a question was refused because nothing was left for it."""
        return self._exhausted

    @property
    def unanswered(self) -> tuple[Question, ...]:
        """What was asked and could not be answered."""
        return tuple(self._unanswered)

    async def ask(self, question: Question, names: Names) -> Answer:
        """One answer, while there is something left."""
        if self._left <= 0 or self._clock() >= self._until:
            self._exhausted = True
            return Answer(Found.COULD_NOT_ASK)
        self._left -= 1
        answer = await names.answer(question)
        if answer.found is Found.COULD_NOT_ASK:
            self._unanswered.append(question)
        return answer


async def resolve(inquiry: Inquiry[T], names: Names, allowance: Allowance) -> T:
    """What the inquiry comes to."""
    try:
        question = next(inquiry)
        while True:
            question = inquiry.send(await allowance.ask(question, names))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        inquiry.close()
