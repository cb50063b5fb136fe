"""The board: what ingresses say of themselves can be read by another process, and is private."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import __version__
from gateway.core.standing import STUCK_AFTER, Bound, InForce, Report, Standing
from gateway.ops import board
from house import NOW

BOX = Standing("assistenza", "imap", NOW, NOW, NOW - timedelta(hours=1), 3, "OverQuota: full", NOW, hopeless=False)
PORT = Standing("from-mta", "smtp", NOW)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gateway.db.status"


async def written(one):
    """Let it write once."""
    task = asyncio.create_task(one.run())
    await asyncio.sleep(0)  # up to its first wait
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_written_is_what_is_read(path):
    """All facts of a standing, and when it was written."""
    one = board.Board(path, lambda: NOW, "d1", [PORT, replace(BOX, last_error="")])
    one.stands(BOX)
    await written(one)
    assert board.read(path) == Report(NOW, InForce("d1", NOW), (PORT, BOX), version=__version__, began=NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_is_put_off_for_a_bound_is_told_at_once(path):
    """Otherwise with the next change: what is in work changes all the time."""
    one, told = board.Board(path, lambda: NOW), [Bound("memory", 5, 10, 0)]
    one.bounds = lambda: tuple(told)
    one.troubles = lambda: ("the clock was set back",)
    await written(one)
    assert (board.read(path).bounds, board.read(path).troubles) == (tuple(told), ("the clock was set back",))
    told[:] = [Bound("memory", 6, 10, 0)]
    await written(one)
    assert board.read(path).bounds[0].now == 5
    told[:] = [Bound("memory", 10, 10, 1)]
    await written(one)
    assert board.read(path).bounds == (Bound("memory", 10, 10, 1),)


async def test_a_listener_is_told_of_by_its_messages(path):
    """A message is a success, one put off is trouble that the next success ends; a mailbox tells of itself."""
    one = board.Board(path, lambda: NOW, "d1", [PORT, BOX])
    one.heard("from-mta", "database is locked")
    one.heard("assistenza")
    assert one._standings["from-mta"].last_error == "database is locked"
    one.heard("from-mta")
    assert (one._standings["from-mta"].last_success, one._standings["from-mta"].last_error) == (NOW, "")
    assert one._standings["assistenza"] == BOX


async def test_a_refused_reload_is_told_until_a_good_one(path):
    """What was in force stays so, since when it was; the same policy again is in force since it first was."""
    times = iter([NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2), *[NOW + timedelta(hours=3)] * 3])
    one = board.Board(path, lambda: next(times), "d1")
    one.refused("own.yaml:3: no")
    await written(one)
    assert board.read(path).in_force == InForce("d1", NOW, NOW + timedelta(hours=1), "own.yaml:3: no")
    one.reloaded("d1")
    assert one._in_force == InForce("d1", NOW)
    one.reloaded("d2")
    assert one._in_force == InForce("d2", NOW + timedelta(hours=3))


@pytest.mark.parametrize("content", ["", "{}", '{"at": "2026-11-22T12:00:00.000000Z", "ingresses": [{"x": 1}]}'])
def test_a_file_that_is_none_of_ours_is_refused_in_words(path, content):
    path.write_text(content)
    with pytest.raises(ValueError, match=r"not what this gateway writes|Expecting value"):
        board.read(path)


@pytest.mark.parametrize(
    ("standing", "later", "stuck"),
    [
        (Standing("a", "imap", NOW, last_error="Gone: x"), STUCK_AFTER - timedelta(seconds=1), False),
        (Standing("a", "imap", NOW, last_error="Gone: x"), STUCK_AFTER, True),
        (Standing("a", "imap", NOW, NOW + STUCK_AFTER, last_error="Gone: x"), STUCK_AFTER, False),
        (Standing("a", "imap", NOW, last_error="RefusedLogin: x", hopeless=True), timedelta(), True),
        (Standing("a", "imap", NOW), STUCK_AFTER * 9, False),
        (BOX, timedelta(), True),
    ],
)
def test_stuck_is_an_error_that_lasts(standing, later, stuck):
    """A quarter of an hour without success, or a mail that has waited so long, or what only an operator mends."""
    assert standing.stuck(NOW + later) is stuck
