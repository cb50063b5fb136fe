"""Where the time goes, station by station: one message by itself, in processor time."""

from __future__ import annotations

import asyncio
import email
import logging
import tempfile
import time
from collections.abc import Callable
from itertools import count
from statistics import median

import mix
import structlog
from report import table
from sqlalchemy import insert

import house
from gateway.core.address import Address
from gateway.core.committed import Record
from gateway.core.decide import decide
from gateway.core.facts import facts
from gateway.core.parse import parse
from gateway.core.reason import Reason
from gateway.core.replay import judged
from gateway.core.ruling import rule
from gateway.core.vouch import evidence_from
from gateway.store import book
from gateway.store import tables as t
from gateway.store.letters import Limits

LIBRARY = "email.message_from_bytes()"
_ROUNDS = 7
_SECONDS = 0.05


def main() -> None:
    """The table, as Markdown."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, house.gateway(folder, Limits(10**6)) as gateway:
        add_accounts(gateway)
        stations(gateway)


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
    with asyncio.Runner() as runner:
        print_beside([steps(gateway, size, runner) | runner.run(commits(gateway, size)) for size in mix.SIZES])


def print_beside(found: list[dict[str, float]]) -> None:
    """Microseconds, one column a size."""
    rows = [(name, *(f"{of[name]:.0f} ({of[name] / of[LIBRARY]:.2f})" for of in found)) for name in found[0]]
    table("processor µs (times message_from_bytes)", *mix.SIZES, rows=rows)


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
        "rule(), the default set": microseconds(lambda: rule(gateway.house.policy, known)),
        "judged(), as a shadow or a backtest asks": microseconds(lambda: judged(gateway.house.policy, known.values())),
        "decide()": microseconds(lambda: decide(case, gateway.house.policy)),
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
