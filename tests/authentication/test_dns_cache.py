"""Cache: how long an answer is kept, how much of it, and that one question is under way once."""

import asyncio
from contextlib import suppress

import pytest

from gateway.authentication import cache
from gateway.authentication.cache import Cache, Fresh
from gateway.core.inquiry import Answer, Found, Question

QUESTION = Question("example.it", "TXT")


class World:
    """A clock, and a source of answers that counts its questions and waits where it is told to."""

    def __init__(self, found=Found.VALUES, ttl=300.0, value=b"x"):
        self.now = 0.0
        self.fresh = Fresh(Answer(found, (value,) if found is Found.VALUES else ()), ttl)
        self.asked = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()
        self.cache = Cache(self.ask, lambda: self.now)

    async def ask(self, question):
        self.asked.append(question)
        self.arrived.set()
        await self.gate.wait()
        return self.fresh

    async def asks_again_after(self, seconds):
        await self.cache.answer(QUESTION)
        self.now += seconds
        before = len(self.asked)
        await self.cache.answer(QUESTION)
        return len(self.asked) > before


@pytest.mark.parametrize(
    ("found", "ttl", "kept"),
    [
        (Found.VALUES, 300, 300),
        (Found.VALUES, 0, 30),
        (Found.VALUES, 2**31, 3600),
        (Found.NO_DATA, 100, 100),
        (Found.NO_DATA, 86400, 300),
        (Found.NO_SUCH_NAME, 0, 30),
        (Found.NO_SUCH_NAME, 86400, 300),
        (Found.COULD_NOT_ASK, 300, 5),
    ],
)
async def test_how_long(found, ttl, kept):
    """For as long as its owner says, within a floor and ceilings; what could not be asked, only for a breath."""
    assert not await World(found, ttl).asks_again_after(kept - 1)
    assert await World(found, ttl).asks_again_after(kept)


async def test_by_name_and_kind():
    """An answer is to its own question only."""
    world = World()
    for question in (QUESTION, Question("example.it", "A"), Question("example.com", "TXT"), QUESTION):
        await world.cache.answer(question)
    assert world.asked == [QUESTION, Question("example.it", "A"), Question("example.com", "TXT")]


async def test_entries_are_bounded():
    """Rule 15: who asks for ever new names pushes out what nobody has used for longest, and takes no more room."""
    world = World()
    names = [Question(f"{number}.it", "TXT") for number in range(cache.ENTRIES)]
    for question in (*names, names[0], QUESTION, names[0]):
        await world.cache.answer(question)
    assert len(world.asked) == cache.ENTRIES + 1
    await world.cache.answer(names[1])
    assert world.asked[-1] == names[1]


async def test_octets_are_bounded():
    """Rule 15: the same for few answers that are large."""
    value = bytes(16 * 2**10)
    world = World(value=value)
    fit = cache.OCTETS // len(value)
    for number in range(fit):
        await world.cache.answer(Question(f"{number}.it", "TXT"))
    await world.cache.answer(Question(f"{fit - 1}.it", "TXT"))
    assert len(world.asked) == fit
    await world.cache.answer(Question("0.it", "TXT"))
    assert len(world.asked) == fit + 1


async def test_room_is_given_back():
    """An answer that takes the place of its own older self costs its room once."""
    world = World(value=bytes(2**20), ttl=0)
    for _ in range(2 * cache.OCTETS // 2**20):
        await world.cache.answer(QUESTION)
        world.now += 30
    world.now -= 30
    before = len(world.asked)
    await world.cache.answer(QUESTION)
    assert len(world.asked) == before


async def test_asked_once():
    """All who ask the same at the same time get the one answer."""
    world = World()
    world.gate.clear()
    waiting = [asyncio.create_task(world.cache.answer(QUESTION)) for _ in range(3)]
    await world.arrived.wait()
    world.gate.set()
    assert await asyncio.gather(*waiting) == [world.fresh.answer] * 3
    assert world.asked == [QUESTION]


@pytest.mark.parametrize("who", [0, 1])
async def test_one_who_leaves_takes_nothing_from_the_others(who):
    """Cancelling one who waits, be it the one who asked first, leaves the question to the rest."""
    world = World()
    world.gate.clear()
    waiting = [asyncio.create_task(world.cache.answer(QUESTION)) for _ in range(2)]
    await world.arrived.wait()
    leaver = waiting.pop(who)
    leaver.cancel()
    with suppress(asyncio.CancelledError):
        await leaver
    world.gate.set()
    assert await waiting[0] == world.fresh.answer
    assert world.asked == [QUESTION]


async def test_a_question_under_way_is_over_when_it_is_answered():
    """What was asked and has gone stale is asked anew, not waited for."""
    world = World()
    assert await world.asks_again_after(301)
    assert world.asked == [QUESTION, QUESTION]
