"""Workers that die, in a process of its own, since whoever forks a nursery is to have one thread. Prints JSON."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import resource
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from gateway.core.arrival import Arrival, Origin, Position
from gateway.core.case import Case
from gateway.core.committed import Record
from gateway.core.parse import unreadable
from gateway.core.problem import ConfigError, Problem
from gateway.core.reason import Disposition, Reason
from gateway.core.verdict import Refuse
from gateway.ports import Unavailable
from gateway.workers.line import Refused
from gateway.workers.nursery import Nursery
from gateway.workers.pool import Pool, attend
from gateway.workers.worker import Bounds, Made, live

BOUNDS = Bounds(frame=1_000_000, memory=400 * 2**20, seconds=0.3)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMALL = b"plain"
FORK = os.fork
_STANDARD = 3
"""Standard input, output and error: all that there is room for."""


class Examining:
    """Does what the message says. A file in `folder` tells what was done once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __call__(self, arrival, override=None, unread=""):
        deed, _, name = arrival.raw[:100].decode().partition(" ")
        if not unread:
            await self.do(deed, name)
        detail = unread or f"{os.getpid()}"
        verdict = Refuse(Disposition.QUARANTINE, Reason.POLICY, "", detail)
        return Record(Case(arrival, unreadable(arrival.raw, detail)), verdict, None, (), "digest")

    async def do(self, deed, name):
        match deed:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "die-once" if not (self.folder / name).exists():
                (self.folder / name).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            case "spin":
                while True:  # not even a signal's handler would be heard between two instructions of C
                    pass
            case "hang":
                await asyncio.Event().wait()
            case "swell":
                bytearray(2**30)
            case "away":
                raise Unavailable("the database is away")
            case "break":
                raise IndexError(name)


def made(folder: Path, digest: str):
    """What a worker is made of; a file may say that there is to be none."""
    if (folder / "refuse").exists():
        raise ConfigError(Problem("gateway.yaml", 3, "limits", "unknown key"))
    read = (folder / "digest").read_text() if (folder / "digest").exists() else digest
    return Made(Examining(folder), BOUNDS, read)


def born(folder: Path, digest: str):
    """How a worker lives. Told in the nursery, where a file may say that the machine has no process for it."""
    os.fork = full if (folder / "full").exists() else FORK
    return partial(live, make=partial(made, folder, digest))


def full() -> int:
    """As fork() does where there are too many processes."""
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def arrival(raw: bytes, number: int = 1) -> Arrival:
    """A message."""
    return Arrival(f"A{number}", raw, None, Origin("pipe", Position.BEHIND_MTA), NOW)


async def detail(pool, raw, number=1) -> str:
    """What became of it, in a word or two."""
    one = arrival(raw, number)
    try:
        record = await pool(one)
    except Unavailable as fault:
        return f"unavailable: {fault}"
    assert record.case.arrival is one, "the octets came back"
    return record.verdict.detail


async def scenes(folder: Path) -> dict[str, object]:
    """All of them, one after the other."""
    deaths: list[int] = []
    nursery = Nursery(lambda _: born(folder, "digest"))
    pool = Pool(nursery, 2, "digest", lambda: deaths.append(1), within=0.5)
    running, attending = asyncio.create_task(pool.run()), asyncio.create_task(attend(nursery))
    await pool.start()
    told: dict[str, object] = {"ready": pool.alive}
    pids = {await detail(pool, SMALL) for _ in range(4)}
    told["pids"] = sorted(pids)
    told["together"] = len(await asyncio.gather(*(detail(pool, SMALL, n) for n in range(50))))
    for name in ("away x", "break x", "swell x", "die-once a", "die x", "spin x", "hang x"):
        told[name.split()[0]] = await detail(pool, name.encode())
    beside = [detail(pool, b"die x", 1), *(detail(pool, SMALL, n) for n in range(2, 12))]
    told["beside"] = await asyncio.gather(*beside)
    told["long"] = await detail(pool, b"plain " + b"x" * (BOUNDS.frame - 10_000))
    while pool.alive < 2:  # noqa: ASYNC110 - what is waited for is that it comes up by itself
        await asyncio.sleep(0.01)
    told["again"] = pool.alive
    told["deaths"] = len(deaths)
    (folder / "full").touch()
    told["full"] = await detail(pool, b"die x")
    told["beside full"] = await detail(pool, SMALL)
    (folder / "full").unlink()
    while pool.alive < 2:  # noqa: ASYNC110 - the same
        await asyncio.sleep(0.01)
    told["after full"] = pool.alive
    told |= await without_room(pool, nursery)
    (folder / "digest").write_text("another")
    told["changed"] = await refusal(Pool(nursery, 2, "digest"))
    told["unreloaded"] = await detail(pool, b"die x")
    (folder / "refuse").touch()
    told["refused"] = await refusal(Pool(nursery, 2, "digest"))
    told["after refusals"] = (await detail(pool, SMALL)).isdigit()
    (folder / "refuse").unlink()
    before = {await detail(pool, SMALL) for _ in range(4)}
    other = Pool(nursery, 2, "another")
    await other.start()
    told["renewed"] = not before & {await detail(other, SMALL) for _ in range(4)}
    pool.shrink()
    told["shrunk"] = len(set(await asyncio.gather(*(detail(pool, SMALL, n) for n in range(9)))))
    other.close()
    (folder / "refuse").touch()
    told["wanting"] = await detail(pool, b"die x")  # and one that cannot be replaced, when the nursery ends
    os.kill(nursery.pid, signal.SIGKILL)
    [fault] = await asyncio.gather(attending, return_exceptions=True)
    running.cancel()
    told["nursery"] = str(fault)
    nursery.close()
    return told


async def without_room(pool, nursery) -> dict[str, object]:
    """The nursery may open no more files for a while."""
    limits = resource.prlimit(nursery.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(nursery.pid, resource.RLIMIT_NOFILE, (_STANDARD, limits[1]))
    told = {"no file": await detail(pool, b"die x"), "beside no file": await detail(pool, SMALL)}
    resource.prlimit(nursery.pid, resource.RLIMIT_NOFILE, limits)
    while pool.alive < 2:  # noqa: ASYNC110 - what is waited for is that it comes up by itself
        await asyncio.sleep(0.01)
    return {**told, "after no file": pool.alive}


async def refusal(pool) -> str:
    """Why workers do not come up."""
    try:
        await pool.start()
    except Refused as fault:
        return str(fault)
    return ""


if __name__ == "__main__":
    print(json.dumps(asyncio.run(scenes(Path(sys.argv[1])))))  # noqa: T201 - it is the result
