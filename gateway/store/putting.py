"""Putting: what of a message is too long for the database is safe outside it before the writer is asked (I3).

In threads of its own, so that nothing else waits for a slow disk; and within a time, or the message is deferred.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gateway.core.committed import Record
from gateway.ports import Unavailable
from gateway.store import blobs

THREADS = 8
"""So many messages at a time; others wait for their turn,"""
SECONDS = 60.0
"""and each so long in all."""


class Putting:
    """The threads that put."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "blobs")
        self._seconds = seconds

    async def put(self, outside: blobs.Outside, record: Record, inside: frozenset[str]) -> Record:
        """The record, with what of it is outside now, but for what stands `inside` the database. Raises Unavailable."""
        work = partial(blobs.put, outside, record, inside)
        waiting = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(waiting, self._seconds)
        except TimeoutError as fault:  # what is put all the same is an orphan
            raise Unavailable(f"blobs: not safe within {self._seconds:.0f} s") from fault

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(cancel_futures=True)
