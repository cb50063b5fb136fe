"""Disk full or read-only, database locked or away: put off with a 4xx and shown, then taken, once, without a hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crash.check import all_holds, sound
from crash.disk import MIB, SmallDisk
from crash.load import HUGE, Load
from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import until
from gateway.ops.board import status_file

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """48 MiB."""
    with SmallDisk(tmp_path, 48) as one:
        yield one


@pytest.fixture
def confined(tmp_path: Path, disk: SmallDisk, mailboxes: Sink, prepared: Path) -> Iterator[Gateway]:
    """The gateway with its database, its spool and its log on that disk."""
    gateway = Gateway(tmp_path, mailboxes.port, fresh=True, within=disk.within)
    text = gateway.config.read_text().replace("sqlite:///gateway.db", "sqlite:///disk/gateway.db")
    gateway.config.write_text(text.replace("  message: 25MiB", "  message: 25MiB\n  disk_free: 1MiB"))
    shutil.copy(prepared / "gateway.db", disk.here)
    disk.sync("gateway.db")
    gateway.errors = disk.here / "stderr"
    gateway.start()
    yield gateway
    gateway.__exit__()


def test_a_full_disk(confined: Gateway, disk: SmallDisk, mailboxes: Sink) -> None:
    """Under limits.disk_free MAIL gets 452; where it fills up in the midst of a message, 451; then all is taken."""
    load = Load()
    assert not answer(confined, load, 0)
    disk.fill(but=MIB // 2)
    until(lambda: "disk.short" in confined.stderr(), "the next look at the disk")
    assert answer(confined, load, 1) == "452 4.3.1"
    until(lambda: confined.cli("status").returncode == 69, "the status")
    status = confined.cli("status").stdout
    assert "TROUBLE: " in status
    assert "MiB are free, limits.disk_free wants 1 MiB; mail waits until there is room" in status
    disk.empty()
    until(lambda: "disk.enough" in confined.stderr(), "the next look at the disk")
    disk.fill(but=MIB + MIB // 4)
    assert "451 4.3.0" in answer(confined, load, HUGE)
    disk.empty()
    disk.fill()
    until(lambda: answer(confined, load, 2) == "452 4.3.1", "the next look at the disk")
    assert confined.alive()
    disk.empty()
    taken_at_last(confined, load, mailboxes)


def test_a_disk_that_becomes_read_only(confined: Gateway, disk: SmallDisk, mailboxes: Sink) -> None:
    """As ext4 makes it after an error of the device: 4xx for all, and after the operator's fsck nothing is missing."""
    load = Load()
    assert not answer(confined, load, 0)
    assert disk.break_down()
    assert {answer(confined, load, 1), answer(confined, load)} <= {"451 4.3.0", "452 4.3.1"}
    assert confined.alive()
    done = confined.cli("status")
    assert (done.returncode, "Read-only file system; mend that" in done.stderr) == (75, True), done
    confined.kill9()
    until(disk.unmount, "the end of its workers, which have files open there")
    assert disk.mount()
    confined.start()
    taken_at_last(confined, load, mailboxes)


def test_a_database_that_a_backup_has_locked(gateway: Gateway, mailboxes: Sink) -> None:
    """Waited for, then 451 and a line in the status; as soon as it is free all is taken."""
    load = Load()
    with closing(gateway.database()) as backup:
        backup.execute("BEGIN EXCLUSIVE")
        assert answer(gateway, load, 0) == "451 4.3.0"
        until(lambda: "database is locked" in gateway.records("status")[0]["last_error"], "the status")
        backup.execute("ROLLBACK")
    taken_at_last(gateway, load, mailboxes)
    until(lambda: gateway.records("status")[0]["state"] == "ok", "the status")
    sound(gateway)


def test_a_database_that_was_moved_away(gateway: Gateway, mailboxes: Sink) -> None:
    """451 until it is back: a 250 for what stands in a file of another name would be a promise about no file."""
    load, here = Load(), gateway.config.with_name("gateway.db")
    assert not answer(gateway, load, 0)
    away = here.rename(here.with_name("before.db"))
    assert answer(gateway, load, 1) == "451 4.3.0"
    done = gateway.cli("status")
    assert (done.returncode, f"{here} is not there" in done.stderr) == (69, True), done
    shutil.copy(away, here)
    assert answer(gateway, load) == "451 4.3.0"
    words = "another file was put in its place"
    assert words in gateway.stderr()
    until(lambda: words in status_file(here).read_text(), "the status, as the daemon leaves it")  # `status` opens both
    away.rename(here)
    taken_at_last(gateway, load, mailboxes)
    sound(gateway)


def answer(gateway: Gateway, load: Load, *numbers: int) -> str:
    """Send these, and what has no 250 yet; code and status of what put one off, "" when all are taken."""
    load.put_off.clear()
    load.unanswered.extendleft(numbers)
    load.send(gateway.smtp)
    return "".join(load.put_off)


def taken_at_last(gateway: Gateway, load: Load, mailboxes: Sink) -> None:
    """All that was put off is sent again, and taken: whatever must hold, holds."""
    until(lambda: not answer(gateway, load) and not load.unanswered, "the 250 of everything", 60)
    all_holds(gateway, load, mailboxes)
