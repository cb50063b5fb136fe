"""The side of a ticket peer's driver: for each line on stdin, so many messages of the mix, and what they cost.

It runs under the interpreter of the peers' own environment, where nothing of the gateway is installed.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence

from mix import message


def drive(prepare: Callable[[Sequence[bytes]], Callable[[], int]]) -> None:
    """`prepare` makes messages ready, and what it returns takes them in and says how many tickets there are now."""
    first = 0
    for line in sys.stdin:
        count = int(line)
        take_in = prepare([message(number, "peer") for number in range(first, first + count)])
        first += count
        clock, processor = time.monotonic(), _processor()
        tickets = take_in()
        seconds, cpu = time.monotonic() - clock, _processor() - processor
        assert tickets == first, f"{tickets} tickets of {first} messages"
        print(json.dumps({"rate": count / seconds, "cpu": cpu / count * 1000}), flush=True)  # noqa: T201 - the result


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
