"""A gateway that dies at its Nth point: just before it changes something on disk, or says something to anybody.

What is between two points changes nothing outside the process, so to die before each is to die anywhere. Points are
counted from the moment when the first sender was greeted with `MAIL`'s answer, whatever went before.
"""

from __future__ import annotations

import os
import sys
from asyncio import selector_events
from pathlib import Path
from typing import Any

from sqlalchemy import Pool, event

from gateway.__main__ import main as gateway

DIE_AT = "GATEWAY_TEST_DIE_AT"
POINTS = "points"
"""The file, in the folder of the process, where each point is written down as it is reached."""
CODE = 9
_WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_FIRST = b"250 2.1.0"


class Points:
    """Counts, and ends the process."""

    def __init__(self, last: int) -> None:
        self._last = last
        self._passed = 0
        self._counting = False
        self._told = Path(POINTS).open("a", buffering=1)  # noqa: SIM115 - as long as the process is

    def statement(self, sql: str) -> None:
        """SQLite is about to run it."""
        if self._counting and sql.lstrip().startswith(_WRITES):
            self._pass(" ".join(sql.split())[:60])

    def file(self, event: str, arguments: tuple[object, ...]) -> None:
        """A file, which is no database, is about to be given its name, or taken away (PEP 578)."""
        if self._counting and event in {"os.rename", "os.remove"} and ".status" not in str(arguments[0]):
            self._pass(event)

    def said(self, octets: bytes) -> None:
        """It is about to go out by some socket."""
        if self._counting:
            self._pass(f"say {octets[:60]!r}")
        self._counting = self._counting or octets.startswith(_FIRST)

    def _pass(self, what: str) -> None:
        self._passed += 1
        self._told.write(f"{self._passed} {what}\n")
        if self._passed == self._last:
            os._exit(CODE)


def main() -> int:
    """As `gateway`, until then."""
    points = Points(int(os.environ[DIE_AT]))
    event.listen(Pool, "connect", lambda connection, _: connection.set_trace_callback(points.statement))
    sys.addaudithook(points.file)
    transport: Any = selector_events._SelectorSocketTransport
    write = transport.write

    def tell_and_write(self: Any, octets: bytes) -> None:
        points.said(bytes(octets))
        write(self, octets)

    transport.write = tell_and_write
    return gateway()


if __name__ == "__main__":
    sys.exit(main())
