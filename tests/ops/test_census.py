"""The census: asked for at most so often, waited for at most so long, and old rather than absent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gateway.core.figures import Figures
from gateway.ops.census import Census
from gateway.ports import Unavailable
from house import NOW

LATER = NOW + timedelta(minutes=1)


class Database:
    """Answers with these one after another, each as soon as `open`; counts how often it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def look(self):
        self.asked += 1
        await self.open.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_within_their_time_the_same_are_told():
    """However many ask, at once or one after another, the database is asked once."""
    database = Database(Figures(NOW), Figures(LATER))
    census = Census(database.look, fresh=1000)
    assert await asyncio.gather(*(census.figures() for _ in range(5))) == [Figures(NOW)] * 5
    assert await census.figures() == Figures(NOW)
    assert database.asked == 1


async def test_when_they_are_old_new_ones_are_asked_for():
    """By whoever comes next."""
    database = Database(Figures(NOW), Figures(LATER))
    census = Census(database.look, fresh=0)
    assert [await census.figures(), await census.figures()] == [Figures(NOW), Figures(LATER)]


async def test_a_database_that_is_away_leaves_the_last_ones():
    """None as long as there were none; and it is asked again."""
    away = Unavailable("database is locked")
    census = Census(Database(away, Figures(NOW), away, Figures(LATER)).look, fresh=0)
    assert [await census.figures() for _ in range(4)] == [None, Figures(NOW), Figures(NOW), Figures(LATER)]


async def test_a_database_that_hangs_is_waited_for_only_so_long():
    """It is not asked a second time meanwhile; when it answers at last, that is told."""
    database = Database(Figures(NOW), Figures(LATER))
    census = Census(database.look, fresh=0, patience=0.01)
    await census.figures()
    database.open.clear()
    assert [await census.figures(), await census.figures()] == [Figures(NOW)] * 2
    assert database.asked == 2
    database.open.set()
    assert await census.figures() == Figures(LATER)
