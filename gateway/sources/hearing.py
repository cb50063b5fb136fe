"""Hearing a source out: its records go to a file without a name, in bounds and in time, and only a whole answer counts.

So nothing of ours waits for a slow source, and nothing is ever begun with a part of what it says.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any, Self

from gateway.core.problem import Problem
from gateway.core.roster import Entry, parse, row
from gateway.core.sourced import ACCOUNTS, OCTETS, Roster
from gateway.ports import Unavailable

BITS = 256
BESIDE = 2 * ACCOUNTS
"""So many addresses and services are held in memory, until the accounts come that they are of."""


class Hearing:
    """One answer, as it comes in. Raises Unavailable where there is too much of it, or it takes too long."""

    def __init__(  # noqa: PLR0913, PLR0917 - whose, where, and four bounds
        self,
        of: str,
        folder: Path,
        seconds: float,
        given_up: threading.Event,
        accounts: int = ACCOUNTS,
        beside: int = BESIDE,
    ) -> None:
        """`of` is how the source is called, `folder` where what it says waits: for our eyes only."""
        self.of = of
        self._until = monotonic() + seconds
        self._seconds = seconds
        self._given_up = given_up
        self._accounts = accounts
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - whoever reads the answer ends it
        self._count = self._octets = self._digests = 0
        self._beside = self._most = beside

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._file.close()

    @property
    def left(self) -> float:
        """Seconds; at least one, for whoever takes 0 for no bound at all."""
        return max(1.0, self._until - monotonic())

    @property
    def over(self) -> bool:
        """Whether nobody listens any more."""
        return self._given_up.is_set() or monotonic() > self._until

    def patience(self) -> None:
        """Go on, or raise Unavailable."""
        if self.over:
            why = "the gateway stops" if self._given_up.is_set() else f"no whole answer within {self._seconds:.0f} s"
            raise Unavailable(f"{self.of}: {why}")

    def add(self, record: dict[str, Any]) -> None:
        """One account, as a table has it: the columns of `core/roster.py`."""
        self.patience()
        said = {"status": ""} | row(record)  # one who has none is nobody's guess: active would let him in
        octets = json.dumps(said, sort_keys=True).encode() + b"\n"
        self._count += 1
        self._octets += len(octets)
        if self._count > self._accounts or self._octets > OCTETS:
            raise Unavailable(
                f"{self.of}: says over {self._accounts} accounts, or {OCTETS} octets: too much to be right"
            )
        digest = int.from_bytes(hashlib.sha256(octets).digest())
        self._digests = (self._digests + digest) % 2**BITS  # a sum: in whatever order they come
        self._file.write(octets)

    def beside(self) -> None:
        """One row more that waits in memory for its account."""
        self.patience()
        self._beside -= 1
        if self._beside < 0:
            raise Unavailable(f"{self.of}: says over {self._most} addresses and services: too much to be right")

    def answer(self, known: str) -> Roster | None:
        """All that was added, to be read once; None where its digest is the `known` one."""
        digest = f"{self._count}:{self._digests:064x}"
        if digest == known:
            self._file.close()
            return None
        self._file.flush()  # a full disk is told now, and not when it is read
        return Roster(digest, self._entries())

    def refused(self, key: str, wrong: str, right: str) -> Roster:
        """An answer of which nothing can be taken."""
        self._file.close()
        return Roster("", [Problem(self.of, 0, key, wrong, right)])

    def _entries(self) -> Iterator[Entry | Problem]:
        with self._file as file:
            file.seek(0)
            for number, octets in enumerate(file, 1):
                found = parse(json.loads(octets), self.of, lambda _, number=number: number)  # type: ignore[misc]
                yield from (found,) if isinstance(found, Entry) else found
