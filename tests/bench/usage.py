"""What a process and all that descend from it have used: processor time and memory, out of proc(5)."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_OFTEN = 0.05  # seconds
_SIZE = re.compile(r"^(\w+):\s+(\d+) kB", re.MULTILINE)


def cpu(pid: int) -> float:
    """Seconds of user and system time so far, of children that have ended too."""
    processes = _processes()
    return sum(sum(processes[one][1:]) for one in family(pid, processes)) / _TICKS


def memory(pid: int) -> float:
    """MiB in use now: the RSS of the first process, and of its descendants what they share with nobody."""
    found = 0
    for one in family(pid, _processes()):
        try:
            sizes = {name: int(size) for name, size in _SIZE.findall(Path(f"/proc/{one}/smaps_rollup").read_text())}
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        found += sizes["Rss"] if one == pid else sizes["Private_Clean"] + sizes["Private_Dirty"]
    return found / 1024


@contextmanager
def peak(pid: int) -> Iterator[list[float]]:
    """The most memory that was in use while the block lasted: the list's last item, afterwards too."""
    found, ended = [memory(pid)], threading.Event()

    def watch() -> None:
        while not ended.wait(_OFTEN):
            found.append(max(found[-1], memory(pid)))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield found
    finally:
        ended.set()
        watching.join()


def threads(pid: int) -> dict[str, float]:
    """Seconds of each thread of one process, by its name; those of one name together."""
    found: dict[str, float] = {}
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        name = path.with_name("comm").read_text().strip()
        found[name] = found.get(name, 0) + int(path.read_text().split()[0]) / 1e9
    return found


def family(pid: int, processes: dict[int, list[int]]) -> list[int]:
    """The process and its descendants."""
    members = [pid]
    for member in members:
        members.extend(child for child, (parent, *_) in processes.items() if parent == member)
    return members


def _processes() -> dict[int, list[int]]:
    """For each process its parent, and its ticks: user, system, and those of children that have ended."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        found[int(path.parent.name)] = [int(fields[1]), *map(int, fields[11:15])]
    return found
