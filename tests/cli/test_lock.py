"""One daemon to a database, and whoever only asks whether it runs is in nobody's way."""

from __future__ import annotations

import fcntl
import os
import resource
from contextlib import contextmanager

import pytest

from gateway import lock
from gateway.core.problem import ConfigError


@pytest.fixture
def database(tmp_path):
    return tmp_path / "gateway.db"


def test_it_runs_as_long_as_it_is_alone(database):
    """And asking makes no file, and leaves in it whose it is."""
    assert not lock.is_running(database)
    assert not list(database.parent.iterdir())
    with lock.alone(database):
        assert lock.is_running(database)
        assert database.with_name("gateway.db.lock").read_text() == str(os.getpid())
    assert not lock.is_running(database)


def test_a_second_one_is_told_who_the_first_is(database, monkeypatch):
    """Once it has not become free for a while."""
    waited = []
    monkeypatch.setattr(lock, "sleep", waited.append)
    with lock.alone(database), pytest.raises(ConfigError, match=f"another gateway runs.*process {os.getpid()}"):
        lock.alone(database).__enter__()
    assert sum(waited) == pytest.approx(lock.TRIES * lock.PAUSE)


def test_a_full_disk_has_no_room_for_a_name(database):
    """Whose it is stands there for people; what counts is the lock."""
    with no_room(), lock.alone(database):
        assert lock.is_running(database)


@contextmanager
def no_room():
    """No file takes an octet meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_one_that_cannot_be_opened_is_told_beforehand(database):
    assert not lock.trouble(database)
    with lock.alone(database):
        assert not lock.trouble(database)
    database.with_name("gateway.db.lock").unlink()
    database.with_name("gateway.db.lock").mkdir()
    assert lock.trouble(database) == f"{database}.lock: Is a directory"


def test_another_name_of_the_file_is_the_same_file(database, monkeypatch):
    """A link, or a folder that is one: SQLite writes into what it leads to."""
    monkeypatch.setattr(lock, "sleep", lambda _: None)
    link, folder = database.with_name("link.db"), database.with_name("folder")
    link.symlink_to(database)
    folder.symlink_to(database.parent)
    for other in (link, folder / database.name):
        with lock.alone(database), pytest.raises(ConfigError, match="another gateway runs"):
            lock.alone(other).__enter__()
        with lock.alone(other):
            assert lock.is_running(database)
            assert lock.is_running(other)


def test_who_asks_at_that_moment_keeps_nobody_from_starting(database, monkeypatch):
    """`gateway status` of a monitor, each minute, and a start just then."""
    with lock.alone(database):
        pass
    asking = os.open(database.with_name("gateway.db.lock"), os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr(lock, "sleep", lambda _: os.close(asking))
    with lock.alone(database):
        assert lock.is_running(database)


def test_two_who_ask_do_not_see_each_other(database):
    """What one has for a moment is no gateway."""
    with lock.alone(database):
        pass
    asking = os.open(database.with_name("gateway.db.lock"), os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    assert not lock.is_running(database)
    os.close(asking)
