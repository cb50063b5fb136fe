"""A database that is a file: what stands under its name is what was opened, or nothing is written."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from gateway.ports import Unavailable
from house import new_database


@pytest.fixture
def database(tmp_path):
    with closing(new_database(tmp_path / "caff\udce8?#%41.db")) as one:  # what would mean something in an address
        yield one


def _put(database):
    database.write(lambda c: c.exec_driver_sql("insert into tally (ingress, day, received) values ('a', '', 1)"))


def _rows(database):
    return database.read(lambda c: c.exec_driver_sql("select count(*) from tally").scalar_one())


def test_what_was_moved_away_is_not_written_to(database):
    """Nor is an empty one made where it was."""
    away = database.path.rename(database.path.with_name("away"))
    for work in (_put, _rows):
        with pytest.raises(Unavailable, match="its file was taken away: No such file"):
            work(database)
    assert not database.path.exists()
    assert "taken away" in database.trouble()
    away.rename(database.path)
    _put(database)
    assert (_rows(database), database.trouble()) == (1, "")


def test_nor_by_a_connection_that_was_open(database):
    with closing(database.writing()) as connection:
        database.path.rename(database.path.with_name("away"))
        with pytest.raises(Unavailable, match="taken away"):
            connection.begin()


def test_another_file_in_its_place_is_not_written_to(database):
    """Its journal is of the one before."""
    away = database.path.rename(database.path.with_name("away"))
    shutil.copy(away, database.path)
    was = database.path.read_bytes()
    with pytest.raises(Unavailable, match="another file was put in its place"):
        _put(database)
    assert database.path.read_bytes() == was


def test_a_look_goes_on_in_what_is_open(database):
    """What was committed is there still, wherever its name has gone."""
    with closing(database.looking()) as connection:
        connection.exec_driver_sql("select 1")
        database.path.unlink()
        assert connection.exec_driver_sql("select count(*) from tally").scalar_one() == 0


def test_it_may_be_reached_by_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "gateway.db"
    link.symlink_to(Path("elsewhere", "gateway.db"))
    with closing(new_database(link)) as database:
        _put(database)
        assert (_rows(database), database.trouble()) == (1, "")
