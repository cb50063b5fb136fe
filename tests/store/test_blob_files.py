"""Blobs as files: private, whole or not there, and a disk that will not is the third answer."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from gateway.ports import Unavailable
from gateway.store.blob_files import STALE, Files
from gateway.store.blobs import name_of

OCTETS = b"x" * 100_000
NAME = name_of(OCTETS)


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "blobs")


def everything(files):
    return sorted(path.name for path in files.folder.rglob("*") if path.is_file())


def test_nobody_else_may_look(files):
    """Threats rule 17, whatever the umask."""
    mask = os.umask(0)
    files.put(NAME, OCTETS)
    os.umask(mask)
    folder = files.folder / NAME[:2]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder / NAME, folder, files.folder)]
    assert modes == [0o600, 0o700, 0o700]


def test_what_is_missing_around_the_folder_is_made_too(tmp_path):
    """As `database` and `spool` are; for our eyes only."""
    mask = os.umask(0)
    files = Files(tmp_path / "a/b/blobs")
    files.put(NAME, OCTETS)
    os.umask(mask)
    assert files.get(NAME, len(OCTETS)) == OCTETS
    assert {stat.S_IMODE((tmp_path / one).stat().st_mode) for one in ("a", "a/b", "a/b/blobs")} == {0o700}


def test_what_a_killed_put_left_goes_after_a_day(files):
    """It was never a blob; one of this minute may be somebody's."""
    files.put(NAME, OCTETS)
    for name, age in ((".put-old", STALE * 2), (".put-new", timedelta(0))):
        path = files.folder / NAME[:2] / name
        path.write_bytes(b"half")
        then = (datetime.now(UTC) - age).timestamp()
        os.utime(path, (then, then))
    assert [one.name for one in files.found(NAME[:2], datetime.now(UTC))] == [NAME]
    assert everything(files) == [".put-new", NAME]


def test_what_others_put_there_is_no_blob(files):
    """It is neither found nor touched."""
    files.put(NAME, OCTETS)
    (files.folder / NAME[:2] / "README").write_text("mine")
    assert [one.name for one in files.found(NAME[:2], datetime.now(UTC) + 9 * STALE)] == [NAME]
    assert "README" in everything(files)


def test_a_folder_that_is_a_file_is_unavailable(files):
    """I9: what cannot be said now is no answer."""
    files.folder.write_text("not a folder")
    for ask in (lambda: files.put(NAME, OCTETS), lambda: files.get(NAME, 1), lambda: files.delete([NAME])):
        with pytest.raises(Unavailable, match=r"blobs .*: (Not a directory|File exists)"):
            ask()


FULL = """
import resource, sys
from pathlib import Path
from gateway.ports import Unavailable
from gateway.store.blob_files import Files
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    Files(Path(sys.argv[1])).put(sys.argv[2], b"x" * 100_000)
except Unavailable as fault:
    print(fault)
"""


def test_a_file_that_cannot_grow_leaves_nothing_behind(files):
    """Neither a name with half of the octets, nor the half; the reason is said. A limit stands in for a full disk."""
    asked = [sys.executable, "-c", FULL, str(files.folder), NAME]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"blobs {files.folder}: File too large\n"
    assert everything(files) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.store import blob_files
blob_files.os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
blob_files.Files(Path(sys.argv[1])).put(sys.argv[2], b"x" * 100_000)
"""


def test_killed_before_the_octets_are_on_disk_there_is_no_such_blob(files):
    """The name comes after the octets, never before."""
    asked = [sys.executable, "-c", KILLED, str(files.folder), NAME]
    assert subprocess.run(asked, check=False, timeout=60).returncode == -signal.SIGKILL
    assert files.get(NAME, len(OCTETS)) is None
    [left] = everything(files)
    assert left.startswith(".put-")
