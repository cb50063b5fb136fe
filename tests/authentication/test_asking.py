"""Asking: inquiries driven to their end, and what one message may cost."""

import pytest

from gateway.authentication.asking import Allowance, resolve
from gateway.core.inquiry import Answer, Found, Question

YES = Answer(Found.VALUES, ("192.0.2.1",))
DOWN = Answer(Found.COULD_NOT_ASK)


class Names:
    """ports.Names that knows one answer; each question takes so many seconds of its clock."""

    def __init__(self, answer=YES, seconds=0.0):
        self.answer_to_all, self.seconds, self.now, self.asked = answer, seconds, 0.0, []

    async def answer(self, question):
        self.asked.append(question)
        self.now += self.seconds
        return self.answer_to_all

    def allowance(self, questions=10, seconds=10.0):
        return Allowance(questions, seconds, lambda: self.now)


def question(number):
    return Question(f"{number}.it", "A")


def several(number):
    answers = {}
    for one in range(number):
        answers[one] = yield question(one)
    return list(answers.values())


async def test_an_inquiry_gets_its_answers_and_gives_its_result():
    """Each question is asked in its turn, and its answer goes in."""
    names = Names()
    assert await resolve(several(3), names, names.allowance()) == [YES] * 3
    assert names.asked == [question(0), question(1), question(2)]


async def test_an_inquiry_without_questions():
    """What can be judged without the DNS costs nothing."""
    names = Names()
    assert await resolve(several(0), names, names.allowance(questions=0)) == []


async def test_questions_are_counted_over_all_inquiries():
    """Rule 15: what one inquiry used is not there for the next; beyond it nothing is asked."""
    names = Names()
    allowance = names.allowance(questions=3)
    assert await resolve(several(2), names, allowance) == [YES, YES]
    assert await resolve(several(2), names, allowance) == [YES, DOWN]
    assert len(names.asked) == 3


async def test_the_time_is_over():
    """Rule 15: when the seconds are used up no question is begun, and one that was begun is not cut off."""
    names = Names(seconds=6)
    assert await resolve(several(3), names, names.allowance(seconds=10)) == [YES, YES, DOWN]


async def test_a_message_that_wants_too_much_is_no_resolver_that_is_down():
    """What was not asked any more is exhaustion, and nothing that would defer."""
    names = Names()
    allowance = names.allowance(questions=1)
    await resolve(several(2), names, allowance)
    assert (allowance.exhausted, allowance.unanswered) == (True, ())


async def test_a_resolver_that_is_down_is_no_message_that_wants_too_much():
    """I9: what was asked in vain is known by name, and defers."""
    names = Names(DOWN)
    allowance = names.allowance()
    await resolve(several(2), names, allowance)
    assert (allowance.exhausted, allowance.unanswered) == (False, (question(0), question(1)))


async def test_a_resolver_slower_than_the_message_s_time_is_still_down():
    """I9: one question that takes all the time in vain counts as unanswered, whatever comes after."""
    names = Names(DOWN, seconds=60)
    allowance = names.allowance(seconds=10)
    await resolve(several(2), names, allowance)
    assert (allowance.exhausted, allowance.unanswered) == (True, (question(0),))


async def test_just_enough_is_not_exhausted():
    """Using all that is allowed is no offence."""
    names = Names()
    allowance = names.allowance(questions=2)
    await resolve(several(2), names, allowance)
    assert not allowance.exhausted


async def test_an_inquiry_is_closed_when_its_driver_is_stopped():
    """A cancelled message leaves no half-run inquiry behind."""
    closed = []

    class Stopped(BaseException):
        pass

    class Gone(Names):
        async def answer(self, question):
            raise Stopped

    def inquiry():
        try:
            yield question(0)
        finally:
            closed.append(True)

    running, names = inquiry(), Gone()
    with pytest.raises(Stopped):
        await resolve(running, names, names.allowance())
    assert closed
