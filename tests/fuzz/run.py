"""`make fuzz`: each target with its million of inputs, none of which may crash it or take it over 50 ms.

    python tests/fuzz/run.py [--seed TEXT] [--share PERCENT] [TARGET ...]

Prints a line a target; an input that is too much for it goes to stderr as a Python literal, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.inputs import inputs
from fuzz.targets import TARGETS, Target

MOST = 0.050
"""Seconds of processor time that one input may take."""
_SHOWN = 3_000


class Broken(AssertionError):  # noqa: N818 - what a fuzzer looks for is not its error
    """An input that crashed its target, or took it too long."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Seconds of processor time: of all executions, and of the slowest, which is kept."""

    executions: int
    seconds: float
    slowest: float
    by: bytes


def tried(target: Target, executions: int, seed: str, patience: int = 1) -> Tried:
    """Run it. Raises Broken; for one that took too long, over `patience` times the bound."""
    slowest, by, total = 0.0, b"", 0.0
    for octets in islice(inputs(target.material, seed), executions):
        took = cost(target, octets)
        total += took
        if took > slowest:  # whatever else the processor did meanwhile, it does not do three times
            took = min(took, *(cost(target, octets) for _ in range(2)))
            if took > slowest:
                slowest, by = took, octets
        if slowest > MOST * patience:
            raise Broken(f"{slowest * 1000:.0f} ms for {len(by)} octets: {by[:_SHOWN]!r}")
    return Tried(executions, total, slowest, by)


def cost(target: Target, octets: bytes) -> float:
    """Processor time in seconds. Raises Broken."""
    start = time.process_time()
    try:
        target.try_with(octets)
    except Exception as fault:
        raise Broken(f"{type(fault).__name__}: {fault} by {octets[:_SHOWN]!r}") from fault
    return time.process_time() - start


def main() -> int:
    """All of them, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("targets", nargs="*", default=[*TARGETS], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seed", default="2026")
    parser.add_argument("--share", type=int, default=100, metavar="PERCENT", help="of the executions")
    options = parser.parse_args()
    broken = 0
    say("| target | executions | µs each | slowest, ms | its octets |", "| --- | --- | --- | --- | --- |")
    for name in options.targets:
        try:
            found = tried(TARGETS[name], TARGETS[name].executions * options.share // 100, options.seed)
        except Broken as fault:
            print(f"{name}: {fault}", file=sys.stderr, flush=True)  # noqa: T201 - it is a program
            broken = 1
        else:
            each = found.seconds / max(found.executions, 1) * 1e6
            say(f"| {name} | {found.executions} | {each:.0f} | {found.slowest * 1000:.1f} | {len(found.by)} |")
    return broken


def say(*lines: str) -> None:
    """To whoever waits."""
    print(*lines, sep="\n", flush=True)  # noqa: T201 - it is a program


if __name__ == "__main__":
    sys.exit(main())
