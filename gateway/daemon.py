"""The running gateway: ports are bound before any is served, and the indentation is the order of shutdown."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

import structlog

from gateway import __version__, build, fresh, polling
from gateway.config import Config, load
from gateway.core.arrival import Arrival
from gateway.core.problem import ConfigError
from gateway.core.standing import Stint
from gateway.generation import Generation, Ground, generation
from gateway.ingress.budget import Budget
from gateway.ingress.mailbox_world import World
from gateway.ops import log as logs
from gateway.ops import notify
from gateway.ops.board import Board, status_file
from gateway.ops.clock import Clock
from gateway.ops.meters import Meters
from gateway.ops.nameservers import Nameservers
from gateway.ops.passed import Passed
from gateway.ops.watchdog import Watchdog, in_words
from gateway.ports import Receipt, Unavailable
from gateway.serving import Addresses, Serving
from gateway.store.database import Database
from gateway.store.nodes import SYNC
from gateway.sweep import Sweep
from gateway.sync import Sync
from gateway.tokens.source import Source
from gateway.tokens.watch import watch
from gateway.workers.line import Refused
from gateway.workers.nursery import Nursery
from gateway.workers.pool import Pool, attend

GRACE = 20.0
"""Seconds that work in flight has to finish in after SIGTERM, at each of the two ends; systemd gives 90 in all."""
OLDER = 4
"""Generations before the present one that guests may be here by; with more, those of the oldest are told to part."""
HEAD_EVERY = 86_400.0
"""Seconds between two looks at the audit's head."""

log = structlog.get_logger()


class Daemon:
    """A ground, the generation of the moment, and what serves by it."""

    def __init__(self, config: Config, database: Database, nursery: Nursery, passed: Passed) -> None:
        node, budget, meters = polling.node(config, database), Budget(), Meters()
        self._database = database
        self._store = store = build.store(config, database, node, meters.committed)
        self._board = board = Board(status_file(config.beside), fresh.now, standings=build.standings(config))
        world = World(store, self._receive, budget, fresh.new_id, fresh.now, fresh.chance, self._short)
        self._ground = Ground(database, store, node, nursery, budget, meters, board, self._wake, world)
        self._now = generation(self._ground, config)
        self._older: list[Generation] = []
        self._sync = Sync(self._now.rounds, lambda: node is None or node.holds(SYNC) is not None)
        self._dispatch = build.dispatch(config, store, self._now.way, meters)
        self._serving = Serving(passed)
        self._pools: dict[Pool, asyncio.Task[None]] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self._stop, self._hurry, self._asked_to_reload = asyncio.Event(), asyncio.Event(), asyncio.Event()
        clock = Clock(fresh.now)
        self._nameservers = dns = Nameservers(lambda: build.nameservers_answer(self._now.config))
        self._watchdog = Watchdog(self._stints, lambda: in_words(board.report()))
        doubts = (database.trouble, clock.trouble, dns.trouble)
        board.troubles = lambda: tuple(
            filter(None, (*(doubt() for doubt in doubts), *self._now.troubles(), *self._watchdog.stuck()))
        )
        meters.certificates, meters.unanswered = lambda: self._now.certificates, lambda: dns.unanswered
        board.bounds = lambda: (
            budget.bound,
            store.bound,
            self._now.disk.bound,
            *self._serving.bounds,
        )
        if node is not None:
            node.bell = self._dispatch.wake

    def bind(self) -> None:
        """Take every port before serving any. Raises ConfigError where one is taken."""
        self._addresses = self._serving.take(self._now)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then the ingresses stop, then dispatch, then the store closes."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # one that came during the start is heard now
        try:
            async with asyncio.TaskGroup() as self._group:
                await self._join()
                self._do_beside(self._store.watch())
                self._do_beside(self._board.run())
                self._do_beside(self._tell_head())
                self._do_beside(Sweep(self._store, lambda: self._now.house.policy.retention, fresh.now).run())
                self._do_beside(self._sync.run())
                self._do_beside(watch(self._sources, self._ground.meters, fresh.now, asyncio.sleep))
                self._do_beside(self._nameservers.run())
                self._do_beside(attend(self._ground.nursery))
                self._do_beside(self._end_at_once())
                try:
                    await self._now.pool.start()
                except Refused as fault:
                    raise Unavailable(str(fault)) from fault
                self._group.create_task(self._dispatch.run(), name="dispatch")
                await self._take_in()
                await self._dispatch.drain(GRACE)
                for task in tuple(self._beside):
                    task.cancel()
        finally:
            await self._now.smarthost.close()
            self._store.close()
            log.info("gateway.stopped")

    async def _join(self) -> None:
        """Be known to the other gateways, if there may be any, before anything is done that is done once."""
        if (node := self._ground.node) is not None:
            await node.join()
            self._do_beside(node.run())

    async def _take_in(self) -> None:
        async with asyncio.TaskGroup() as self._ingresses:
            self._go_by(self._now, self._addresses)
            reloads = self._ingresses.create_task(self._reloads())
            notify.ready()
            self._do_beside(self._watchdog.run())
            log.info("gateway.started", version=__version__, database=str(self._database))
            await self._stop.wait()
            log.info("gateway.stopping")
            notify.stopping()
            reloads.cancel()
            await self._serving.drain(GRACE)

    def _stints(self) -> Iterator[Stint]:
        """All that anything in here is at by itself."""
        yield from self._store.stints
        yield from self._dispatch.stints
        yield from self._serving.stints
        for made in (*self._older, self._now):
            yield from made.passage.stints
        for pool in self._pools:
            yield from pool.stints

    def _asked_to_stop(self) -> None:
        """Once: in order. Twice: at once."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def _end_at_once(self) -> None:
        """What is not finished by then comes again, or is sent again: nothing of it was promised (I3)."""
        await self._hurry.wait()
        log.warning("gateway.hurried", why="told to stop once more", do="nothing: what is cut off is tried again")
        await asyncio.gather(self._serving.drain(0), self._dispatch.drain(0))

    def _short(self) -> str:
        return self._now.disk.refuses()

    def _wake(self) -> None:
        self._dispatch.wake()

    def _sources(self) -> Iterable[Source]:
        return self._now.sources.values()

    async def _receive(self, arrival: Arrival) -> Receipt:
        """A mail from a mailbox, by the rules in force at this moment."""
        return await self._now.passage(arrival)

    async def _reloads(self) -> None:
        while True:
            await self._asked_to_reload.wait()
            self._asked_to_reload.clear()  # whoever asks from here on is heard by another reload
            notify.reloading()
            await self._reload()
            notify.ready()

    async def _reload(self) -> None:
        """All of the configuration, or nothing of it."""
        before = self._now
        try:
            coming = await asyncio.to_thread(self._made_after, before)  # half a second of work, and nobody waits for it
            if coming.pool is not before.pool:
                await coming.pool.start()
            try:
                addresses = self._serving.take(coming)
            except ConfigError:
                if coming.pool is not before.pool:
                    coming.pool.close()
                raise
        except (ConfigError, Refused, OSError) as fault:
            log.warning(
                "gateway.reload-refused",
                why=str(fault),
                in_force=before.house.policy.digest[:12],
                do="correct it, and reload again",
            )
            self._board.refused(str(fault))
            return
        self._go_by(coming, addresses)
        log.info("gateway.reloaded", policy=coming.house.policy.digest[:12])

    def _made_after(self, before: Generation) -> Generation:
        return generation(self._ground, load(before.config.path), before)

    def _go_by(self, coming: Generation, addresses: Addresses) -> None:
        """From here on, and in one go: nothing in here waits, and nothing may fail."""
        before, self._now = self._now, coming
        logs.configure(coming.config.log.format, level=coming.config.log.level, shows=coming.shows)
        self._dispatch.adopt(coming.way)
        self._sync.reload(coming.rounds)
        if self._ground.node is not None:
            self._ground.node.want(list(coming.readings))
        self._board.expect(build.standings(coming.config))
        self._board.shadow = coming.shadow
        self._board.reloaded(coming.house.policy.digest)
        if coming.pool not in self._pools:
            self._pools[coming.pool] = self._do_beside(coming.pool.run())
        self._serving.move(coming, addresses, self._ingresses, GRACE)
        if before is not coming:
            self._older.append(before)
            self._do_beside(self._see_off(before))

    async def _see_off(self, old: Generation) -> None:
        """Its guests go on to their end by what they began with; then the last of its workers may go."""
        if old.pool is not self._now.pool:
            old.pool.shrink()
        for one in self._older[:-OLDER]:
            one.wind_down()
        await old.smarthost.close()
        await old.ended()
        self._older.remove(old)
        if all(old.pool is not one.pool for one in (*self._older, self._now)):
            self._pools.pop(old.pool).cancel()

    async def _tell_head(self) -> None:
        """With the log the audit's head leaves the machine: against it shows what is cut off the end later."""
        while True:
            try:
                head = await self._store.audit_head()
            except Unavailable as fault:
                log.warning("audit.unavailable", why=str(fault), do="bring the database back; it is told tomorrow")
            else:
                log.info("audit.head", rows=head.rows, hash=head.hash)
            await asyncio.sleep(HEAD_EVERY)

    def _do_beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """What does not end by itself, or may be cut off at the end."""
        task = self._group.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task
