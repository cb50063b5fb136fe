"""The disk: mail waits while there is too little room on any that mail is written to."""

from __future__ import annotations

from itertools import count

import pytest

from gateway.ingress.disk import Disk

PLENTY = 2**62


def test_there_is_room(tmp_path):
    """Over the bound nothing is said, and nothing counted."""
    disk = Disk([tmp_path], 1, count(0.0, 1.0).__next__)
    assert (disk.refuses(), disk.bound.put_off) == ("", 0)
    assert disk.bound.now > disk.bound.limit == 1


def test_too_little_room_is_told_and_counted(tmp_path):
    """With the folder, what is free, and the key that wants more."""
    disk = Disk([tmp_path], PLENTY, count(0.0, 1.0).__next__)
    assert f"{tmp_path}: " in disk.refuses()
    assert f"limits.disk_free wants {PLENTY // 2**20} MiB; mail waits until there is room" in disk.trouble()
    assert disk.bound.put_off == 1


@pytest.mark.parametrize("place", [0, 1])
def test_one_that_is_away_is_as_good_as_full(tmp_path, place):
    """Of several the worst counts."""
    folders = [tmp_path, tmp_path]
    folders[place] = tmp_path / "gone"
    assert "gone: the disk is read-only, or away" in Disk(folders, 1, count(0.0, 1.0).__next__).trouble()


def test_it_is_looked_at_once_a_second(tmp_path):
    """However often it is asked; and what was wrong is over by itself."""
    times = iter([0.0, 0.9, 1.0])
    disk = Disk([tmp_path / "gone"], 1, times.__next__)
    assert disk.trouble()
    (tmp_path / "gone").mkdir()
    assert disk.trouble()
    assert not disk.trouble()
