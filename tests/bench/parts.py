"""Where the time goes: the stations of one message by themselves, and a profile of `receive()` over the mix."""

from __future__ import annotations

import asyncio
import cProfile
import email
import io
import logging
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

import structlog
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[1]))

import mix

import house
from gateway.core.address import Address
from gateway.core.decide import decide
from gateway.core.facts import facts
from gateway.core.parse import parse
from gateway.core.reason import Reason
from gateway.core.replay import judged
from gateway.core.ruling import rule
from gateway.core.vouch import evidence_from
from gateway.ports import Record
from gateway.store import book
from gateway.store import tables as t
from gateway.store.letters import Limits

LIBRARY = "email.message_from_bytes()"
PROFILED = 2_000
TOP = 15
_ROUNDS = 7
_SECONDS = 0.05


def main() -> None:
    """Both tables, as Markdown."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, house.gateway(folder, Limits(10**6)) as gateway:
        add_accounts(gateway)
        stations(gateway)
        profile(gateway)


def add_accounts(gateway) -> None:
    """The mix's accounts."""

    def add(connection) -> None:
        for number in range(mix.ACCOUNTS):
            account, address = 1_000 + number, mix.author(number)
            connection.execute(
                insert(t.account).values(
                    id=account, code=f"C-{number}", name="Cliente", language="it", status="active", hard_failures=0
                )
            )
            book.add(connection, account, Address.parse(address), is_primary=True)

    gateway.database.write(add)


def stations(gateway) -> None:
    """The processor time of each station by size, also as a multiple of the standard library's parse."""
    say(row("processor µs (times message_from_bytes)", *mix.SIZES), row(*["---"] * (len(mix.SIZES) + 1)))
    with asyncio.Runner() as runner:
        found = [steps(gateway, size, runner) | runner.run(commits(gateway, size)) for size in mix.SIZES]
    for name in found[0]:
        say(row(name, *(f"{of[name]:.0f} ({of[name] / of[LIBRARY]:.2f})" for of in found)))


def steps(gateway, size: str, runner: asyncio.Runner) -> dict[str, float]:
    """What happens before the commit, on a message of one size."""
    raw = mix.message_of(size, 1)
    arrival = gateway.arrival(raw)
    case = runner.run(gateway.receiver.examine(arrival)).case
    parsed, known = case.parsed, facts(case, Reason.REGISTERED)
    return {
        LIBRARY: microseconds(lambda: email.message_from_bytes(raw)),
        "parse()": microseconds(lambda: parse(raw)),
        "evidence_from()": microseconds(
            lambda: evidence_from(parsed.fields, parsed.author, arrival.origin.trusted_ids)
        ),
        "facts()": microseconds(lambda: facts(case, Reason.REGISTERED)),
        "rule(), the default set": microseconds(lambda: rule(gateway.receiver.house.policy, known)),
        "judged(), as a shadow or a backtest asks": microseconds(
            lambda: judged(gateway.receiver.house.policy, known.values())
        ),
        "decide()": microseconds(lambda: decide(case, gateway.receiver.house.policy)),
        "examine(), all before the commit": microseconds(lambda: runner.run(gateway.receiver.examine(arrival))),
    }


async def commits(gateway, size: str) -> dict[str, float]:
    """The transaction of a message: alone, and where 64 wait for it together."""
    numbers = count()

    async def records(many: int) -> list[Record]:
        raws = (mix.message_of(size, next(numbers), f"commits-{len(size)}") for _ in range(many))
        return [await gateway.receiver.examine(gateway.arrival(raw)) for raw in raws]

    async def together(group: list[Record]) -> float:
        start = time.process_time()  # of both threads; what the disk takes is in the messages a second
        await asyncio.gather(*map(gateway.store.record, group))
        return (time.process_time() - start) / len(group) * 1e6

    async def measure(group: int, rounds: int) -> float:
        return median([await together(await records(group)) for _ in range(rounds)])

    return {
        "archive.record(), a commit each": await measure(1, 100),
        "archive.record(), 64 to a commit": await measure(64, 5),
    }


def microseconds(work: Callable[[], object]) -> float:
    """A call's processor time, in the round that was disturbed least."""
    work()
    results = []
    for _ in range(_ROUNDS):
        calls, start = 0, time.process_time()
        while (spent := time.process_time() - start) < _SECONDS:
            work()
            calls += 1
        results.append(spent / calls * 1e6)
    return min(results)


def profile(gateway) -> None:
    """A profile over the mix, ten messages in flight: the loop's thread, and the writer's."""
    story, writing = cProfile.Profile(time.thread_time), cProfile.Profile(time.thread_time)

    async def receive_all() -> None:
        await gateway.store._writer.write(lambda _: writing.enable())
        waiting = iter([gateway.arrival(mix.message(n, "profile")) for n in range(PROFILED)])

        async def worker() -> None:
            for arrival in waiting:
                await gateway.receiver(arrival)

        story.enable()
        await asyncio.gather(*(worker() for _ in range(10)))
        story.disable()
        await gateway.store._writer.write(lambda _: writing.disable())

    asyncio.run(receive_all())
    say("", f"receive() over {PROFILED} messages of the mix, ten in flight, in processor time under cProfile.")
    for title, found in (("The loop's thread", story), ("The writer's thread", writing)):
        say("", row(f"{title}: function", "calls a message", "own µs", "cumulative µs"), row(*["---"] * 4))
        for name, calls, own, total in top(found):
            say(row(f"`{name}`", f"{calls:.1f}", f"{own:.0f}", f"{total:.0f}"))


def top(found: cProfile.Profile) -> list[tuple[str, float, float, float]]:
    """The first by cumulative time, a message."""
    statistics = pstats.Stats(found, stream=io.StringIO()).stats  # type: ignore[attr-defined] # its one public use
    rows = [
        (label(*where), calls / PROFILED, own / PROFILED * 1e6, total / PROFILED * 1e6)
        for where, (_, calls, own, total, _) in statistics.items()
    ]
    return sorted(rows, key=lambda one: -one[3])[:TOP]


def label(path: str, line: int, function: str) -> str:
    """Where it is, in few words."""
    return f"{Path(path).parent.name}/{Path(path).name}:{function}" if line else function


def row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def say(*lines: str) -> None:
    """To whoever waits."""
    print(*lines, sep="\n", flush=True)  # noqa: T201 - it is a program


if __name__ == "__main__":
    main()
