"""What serves: the listeners, pages and mailboxes of the generation in force, and of earlier ones what still ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from gateway import doors
from gateway.core.problem import ConfigError, Problem
from gateway.core.standing import Bound, Stint
from gateway.generation import Generation
from gateway.ingress.listener import Listener
from gateway.ops.page import Page
from gateway.ops.passed import Passed
from gateway.polling import Reading


@dataclass(frozen=True, slots=True)
class Addresses:
    """Taken, and not served yet: what a generation has more than the one before."""

    listeners: dict[str, Listener]
    pages: dict[str, Page]


class Serving:
    """`take()`, which may fail, then `move()`, which may not. `passed` is what systemd has bound."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._listeners: dict[str, Listener] = {}
        self._pages: dict[str, tuple[Page, asyncio.Task[None]]] = {}
        self._readings: dict[str, Reading] = {}
        self._every: set[Listener | Reading] = set()
        """With those that were left, until they are through."""

    @property
    def bounds(self) -> list[Bound]:
        """How many connections each listener has."""
        return [one.bound for one in self._listeners.values()]

    @property
    def stints(self) -> Iterator[Stint]:
        """What each is at by itself."""
        return (stint for one in self._every for stint in one.stints)

    def take(self, coming: Generation) -> Addresses:
        """The addresses that it has more than there are, all or none. Raises ConfigError."""
        listeners = {listen: Listener(site) for listen, site in coming.sites.items() if listen not in self._listeners}
        pages = {listen: page for listen, page in coming.pages.items() if listen not in self._pages}
        parts: list[tuple[str, str, Listener | Page]] = [("smtp", *one) for one in listeners.items()]
        parts += [("metrics", *one) for one in pages.items()]
        passed = doors.handed(self._passed, coming.config)
        for key, listen, part in parts:
            try:
                part.bind(passed.get(listen))
            except (OSError, ValueError) as fault:
                for _, _, one in parts:
                    one.close()
                raise ConfigError(Problem(str(coming.config.path), 0, key, *doors.unbound(fault))) from fault
        return Addresses(listeners, pages)

    def move(self, coming: Generation, taken: Addresses, tasks: asyncio.TaskGroup, grace: float) -> None:
        """Serve by it from here on; `grace` seconds are for what a mailbox is at that is read so no longer."""
        self._move_listeners(coming, taken, tasks)
        for listen, (page, task) in tuple(self._pages.items()):
            if listen in coming.pages:
                page.adopt(coming.pages[listen])
            else:
                del self._pages[listen]
                task.cancel()
        for listen, page in taken.pages.items():
            self._pages[listen] = page, tasks.create_task(page.serve())
        self._move_readings(coming, tasks, grace)

    async def drain(self, grace: float) -> None:
        """All of them; pages are to be had meanwhile."""
        await asyncio.gather(*(one.drain(grace) for one in self._every))
        for _, page in self._pages.values():
            page.cancel()

    def _move_listeners(self, coming: Generation, taken: Addresses, tasks: asyncio.TaskGroup) -> None:
        for listen, listener in tuple(self._listeners.items()):
            if listen in coming.sites:
                listener.adopt(coming.sites[listen])
            else:
                tasks.create_task(self._listeners.pop(listen).drain(None))
        for listen, listener in taken.listeners.items():
            self._listeners[listen] = listener
            self._serve(listener, listener.serve(), tasks)

    def _move_readings(self, coming: Generation, tasks: asyncio.TaskGroup, grace: float) -> None:
        """A mailbox that is read as before goes on; of another all old readings end before the new one begins.

        Those that an earlier reload has left, too: a mail that two are at is taken by one, and the other one faults.
        """
        before, self._readings = self._readings, {}
        for name, reading in coming.readings.items():
            if name in before and before[name].terms == reading.terms:
                self._readings[name] = before.pop(name)
            else:
                self._readings[name] = reading
                old = [one for one in self._every if isinstance(one, Reading) and one.name == name]
                self._serve(reading, reading.serve(old), tasks)
        for reading in before.values():
            tasks.create_task(reading.drain(grace))

    def _serve(self, one: Listener | Reading, serving: Coroutine[Any, Any, None], tasks: asyncio.TaskGroup) -> None:
        self._every.add(one)
        tasks.create_task(serving).add_done_callback(lambda _: self._every.discard(one))
