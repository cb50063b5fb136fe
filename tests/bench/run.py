"""`make bench`: everything measured, section by section, as the Markdown of docs/performance.md. `run.py SECTION` one.

Each section is a process of its own with its bound of time, so that none leaves anything to the next one. One that
fails is named at the end, and in the exit code, and does not stop the others.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the harness that the tests use

from report import machine, say


@dataclass(frozen=True, slots=True)
class Section:
    """A module whose `main()` prints; `seconds` is what it may take."""

    title: str
    seconds: int


SECTIONS = {
    "accept": Section("Accepting a message into a ticket", 360),
    "server": Section("PostgreSQL, near and far", 140),
    "scale": Section("A thousand accounts and tickets, and a million", 400),
    "find": Section("Finding a mail among a million", 200),
    "memory": Section("Memory", 140),
    "catchup": Section("A mailbox's catch-up", 110),
    "drain": Section("An outbox's drain", 100),
    "where": Section("Where the time goes, thread by thread", 60),
    "stations": Section("Where the time goes, station by station", 40),
    "checks": Section("What each check costs", 60),
    "timing": Section("What the reply time tells", 190),
}


def main(arguments: argparse.Namespace) -> int:
    """The number of sections that failed."""
    if arguments.section:
        return one(arguments.section)
    start, failed = time.monotonic(), []
    say(machine())
    for name in SECTIONS:
        print(f"{time.monotonic() - start:5.0f} s {name}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits
        if subprocess.call([sys.executable, __file__, name]):
            failed.append(name)
    say("", f"It took {time.monotonic() - start:.0f} s.", *(f"Failed: {name}." for name in failed))
    return len(failed)


def one(name: str) -> int:
    """One section, or an exception: TimeoutError after its time."""
    section = SECTIONS[name]

    def late(*_: object) -> None:
        raise TimeoutError(f"{name} took longer than {section.seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(section.seconds)
    say("", f"## {section.title}", "", machine())
    importlib.import_module(name).main()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", nargs="?", choices=SECTIONS, help="of these only one")
    sys.exit(main(parser.parse_args()))
