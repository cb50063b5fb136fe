"""Look-ups of the daemon: a file's in the loop's own thread, a server's in threads with a connection each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.ports import Unavailable
from gateway.store.database import Database

T = TypeVar("T")

READERS = 4
"""So many look-ups are under way at once; the others wait for a connection."""
SECONDS = 20.0
"""The longest that a look-up takes, the wait for a connection among it: one to a server that is frozen ends too."""


class Reader(Protocol):
    """What asks."""

    async def ask(self, query: Callable[[Connection], T]) -> T:
        """What the query finds in the last commit. Raises Unavailable."""

    def close(self) -> None:
        """Let go of the connections."""


def reader(database: Database) -> Reader:
    """The one for this kind of database."""
    return Near(database) if database.kind.near else Far(database)


class Near:
    """One connection, asked where one stands."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    async def ask(self, query: Callable[[Connection], T]) -> T:
        """What the query finds in the last commit. Raises Unavailable."""
        try:
            if self._connection is None:
                self._connection = self._database.looking()
            return query(self._connection)
        except (DBAPIError, self._database.kind.fault):
            self.close()
            with self._database.asking():  # around the fault alone: several look-ups a message go well
                raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Far:
    """Threads that share their connections: one that was lost, as by a restart of the server, is made anew."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._lock = Lock()
        self._free: list[Connection] = []

    async def ask(self, query: Callable[[Connection], T]) -> T:
        """What the query finds in the last commit. Raises Unavailable."""
        asked = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, query)
        try:
            return await asyncio.wait_for(asked, SECONDS)
        except TimeoutError:
            raise Unavailable(f"database {self._database}: no answer within {SECONDS:g} s") from None

    def close(self) -> None:
        """Wait for what is under way, then let go of the connections."""
        self._threads.shutdown(cancel_futures=True)
        self._forget()

    def _ask(self, query: Callable[[Connection], T]) -> T:
        """A kept connection may have been lost since: then once more, with one that is new."""
        connection = self._kept()
        if connection is not None:
            try:
                return self._on(connection, query)
            except (DBAPIError, self._database.kind.fault):
                self._forget()
        with self._database.asking():
            return self._on(self._database.looking(), query)

    def _on(self, connection: Connection, query: Callable[[Connection], T]) -> T:
        try:
            found = query(connection)
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._free.append(connection)
        return found

    def _kept(self) -> Connection | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def _forget(self) -> None:
        """Whatever befell one connection has most likely befallen all."""
        with self._lock:
            gone, self._free = self._free, []
        for connection in gone:
            connection.close()
