"""The running gateway: ports are bound before any is served, and the indentation is the order of shutdown."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import structlog

from gateway import __version__, build, credentials, polling
from gateway.config import Config, load
from gateway.config.schema import OUTBOUND
from gateway.core.arrival import Arrival
from gateway.core.problem import ConfigError, Problem
from gateway.core.verdict import Defer
from gateway.ingress.budget import Budget
from gateway.ingress.listener import Listener
from gateway.ingress.mailbox import Mailbox
from gateway.ingress.mailbox_turn import Turn
from gateway.ops import notify
from gateway.ops.allocator import give_back_large_blocks
from gateway.ops.clock import Clock
from gateway.ops.meters import Meters
from gateway.ports import Receipt, Unavailable
from gateway.receive import Receiver
from gateway.store import schema
from gateway.store.database import Database
from gateway.tokens.watch import watch
from gateway.workers.line import Refused
from gateway.workers.nursery import Nursery

log = structlog.get_logger()

GRACE = 20.0
"""Seconds that work in flight has to finish in after SIGTERM, at each of the two ends; systemd gives 90 in all."""

HEAD_EVERY = 86_400.0
"""Seconds between two looks at the audit's head."""


def serve(config: Config) -> None:
    """Run until SIGTERM. Raises ConfigError, Unavailable, WrongSchema before anything is served."""
    give_back_large_blocks()
    database = build.open_database(config)
    with alone(config.beside):
        schema.migrate(database, build.now())
        with closing(build.nursery(config)) as nursery:
            daemon = Daemon(config, database, nursery)
            daemon.bind()
            asyncio.run(daemon.run())
    database.close()


@contextmanager
def alone(beside: Path) -> Iterator[None]:
    """Be the one daemon of this file, which of SQLite is its database. Raises ConfigError where another one is.

    Of a PostgreSQL others are welcome elsewhere; here there is one status and one spool.
    """
    path = lock_file(beside)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise ConfigError(Problem(str(path), 0, "", fault.strerror or "", "let this user write there")) from fault
    with os.fdopen(descriptor):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of however the process ends
        except BlockingIOError:
            wrong = "another gateway runs on this database"
            raise ConfigError(Problem(str(beside), 0, "", wrong, "stop it, or name another database")) from None
        yield


def lock_file(beside: Path) -> Path:
    """What a daemon holds as long as it runs."""
    return beside.with_name(f"{beside.name}.lock")


def unbound(fault: OSError | ValueError) -> tuple[str, str]:
    """Why a listener cannot be had, and what would be right."""
    wrong = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    match getattr(fault, "errno", None):
        case errno.EADDRINUSE:
            return wrong, "stop what listens there, or change `listen`"
        case errno.EACCES | errno.EPERM:
            return wrong, "take a port from 1024 on, or CAP_NET_BIND_SERVICE for this user"
        case _:
            return wrong, "change `listen` or `tls`"


class Daemon:
    """The parts of a gateway that runs."""

    def __init__(self, config: Config, database: Database, nursery: Nursery) -> None:
        self._config = config
        self._database = database
        self._sources = credentials.sources(config)
        self._smarthost = build.smarthost(config, self._sources.get(OUTBOUND))
        rules = build.house(config)
        budget, disk = Budget(), build.disk(config)
        self._listeners = build.listeners(config, self._receive, budget, disk)
        self._node = build.node(config, database)
        self._meters = Meters()
        self._store = build.store(config, database, self._node, self._meters.committed)
        self._board = build.board(config, rules.policy)
        self._board.bounds = lambda: (
            budget.bound,
            self._store.bound,
            disk.bound,
            *(one.bound for one in self._listeners),
        )
        clock = Clock(build.now)
        self._board.troubles = lambda: tuple(filter(None, (disk.trouble(), clock.trouble())))
        self._mailboxes = polling.mailboxes(
            config, self._store, self._receive, budget, disk, self._board, self._sources, self._node
        )
        self._pages = build.pages(config, self._meters, self._board, self._store)
        self._dispatch = build.dispatch(config, self._store, self._smarthost, self._meters)
        if self._node is not None:
            self._node.bell = self._dispatch.wake
        self._pool = build.pool(config, nursery, self._meters)
        self._rules = rules
        self._receiver = Receiver(self._pool, self._store, self._meters, self._dispatch.wake)
        self._compare(config)
        self._sweep = build.sweep(self._store, lambda: self._rules.policy)
        self._stop, self._asked_to_reload = asyncio.Event(), asyncio.Event()

    def bind(self) -> None:
        """Take every port before serving any. Raises ConfigError where one is taken."""
        for key, parts in (("smtp", self._listeners), ("metrics", self._pages)):
            try:
                for part in parts:
                    part.bind()
            except (OSError, ValueError) as fault:
                raise ConfigError(Problem(str(self._config.path), 0, key, *unbound(fault))) from fault

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then the ingresses stop, then dispatch, then the store closes."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._asked_to_reload.set)
        try:
            async with asyncio.TaskGroup() as group:
                beside = await self._join(group)
                beside += [group.create_task(self._store.watch()), group.create_task(self._board.run())]
                beside.append(group.create_task(self._tell_head()))
                beside.append(group.create_task(self._sweep.run(), name="sweep"))
                beside += [group.create_task(page.serve()) for page in self._pages]
                beside.append(group.create_task(watch(self._sources.values(), self._meters, build.now, asyncio.sleep)))
                beside.append(group.create_task(self._pool.run(), name="workers"))
                await self._begin()
                beside.append(group.create_task(self._reloads()))
                group.create_task(self._dispatch.run(), name="dispatch")
                await self._take_in()
                await self._dispatch.drain(GRACE)
                for task in beside:
                    task.cancel()
        finally:
            await self._smarthost.close()
            self._store.close()
            log.info("gateway.stopped")

    async def _join(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Be known to the other gateways, if there may be any, before anything is done that is done once."""
        if self._node is None:
            return []
        await self._node.join()
        return [group.create_task(self._node.run(), name="node")]

    async def _begin(self) -> None:
        try:
            await self._pool.start(self._rules.policy.digest)
        except Refused as fault:
            raise Unavailable(str(fault)) from fault

    async def _take_in(self) -> None:
        async with asyncio.TaskGroup() as group:
            ingresses: list[Listener | Mailbox | Turn] = [*self._listeners, *self._mailboxes]
            for ingress in ingresses:
                group.create_task(ingress.serve())
            notify.ready()
            log.info("gateway.started", version=__version__, database=str(self._database))
            await self._stop.wait()
            log.info("gateway.stopping")
            notify.stopping()
            for ingress in ingresses:
                group.create_task(ingress.drain(GRACE))

    async def _tell_head(self) -> None:
        """With the log the audit's head leaves the machine: against it shows what is cut off the end later."""
        while True:
            try:
                head = await self._store.audit_head()
            except Unavailable as fault:
                log.warning("audit.unavailable", why=str(fault))
            else:
                log.info("audit.head", rows=head.rows, hash=head.hash)
            await asyncio.sleep(HEAD_EVERY)

    def _compare(self, config: Config) -> None:
        """A candidate set beside the ruling one. One that cannot be read touches no mail: it is told, and left out."""
        try:
            shadow = build.shadow(config, self._meters)
        except ConfigError as fault:
            log.warning("policy.shadow-refused", why=str(fault), do="correct it, then reload")
            shadow = None
        self._board.shadow = shadow
        self._receiver = replace(self._receiver, shadow=shadow)

    async def _receive(self, arrival: Arrival) -> Receipt:
        """Through the rules in force at this moment."""
        began = monotonic()
        receipt = await self._receiver(arrival)
        self._meters.answers.add(monotonic() - began)
        self._board.heard(arrival.origin.ingress, receipt.verdict.detail if isinstance(receipt.verdict, Defer) else "")
        return receipt

    async def _reloads(self) -> None:
        while True:
            await self._asked_to_reload.wait()
            self._asked_to_reload.clear()
            await self._reload()

    async def _reload(self) -> None:
        """SIGHUP: policies and templates, all or nothing. Ports, limits and addresses want a restart."""
        notify.reloading()
        try:
            config = load(self._config.path)
            rules = build.house(config)
            await self._pool.start(rules.policy.digest)
        except (ConfigError, Refused) as fault:
            log.warning("gateway.reload-refused", why=str(fault), in_force=self._rules.policy.digest[:12])
            self._board.refused(str(fault))
        else:
            self._rules = rules
            self._compare(config)
            log.info("gateway.reloaded", policy=rules.policy.digest[:12])
            self._board.reloaded(rules.policy.digest)
        notify.ready()
