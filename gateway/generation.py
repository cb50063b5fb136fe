"""A generation: all that is made of one configuration, and replaced whole by a reload. Decision 0043.

What has come in by one goes to its end by the same: a connection from its greeting on, a letter from its attempt on.
What there is one of for as long as the process lives is the ground that generations stand on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import structlog

from gateway import build, credentials, crew, doors, fresh, logbook, opening, polling, syncing
from gateway.config import Config
from gateway.config.schema import OUTBOUND
from gateway.core.arrival import Arrival
from gateway.core.privacy import Redaction
from gateway.core.problem import ConfigError, Problem
from gateway.core.standing import Stint
from gateway.core.verdict import Defer
from gateway.dispatch import Way
from gateway.egress.submission import Smarthost
from gateway.house import House
from gateway.ingress.budget import Budget
from gateway.ingress.disk import Disk
from gateway.ingress.mailbox_world import World
from gateway.ingress.site import Site
from gateway.ops.board import Board
from gateway.ops.histogram import Histogram
from gateway.ops.meters import Meters
from gateway.ops.page import Page
from gateway.ops.shadow import Shadow
from gateway.ports import Receipt
from gateway.receive import Receiver
from gateway.store.adapter import Store
from gateway.store.database import Database
from gateway.store.nodes import Node
from gateway.tokens.source import Source
from gateway.workers.nursery import Nursery
from gateway.workers.pool import Pool

FIXED = ("database", "database_password_file", "blobs", "spool")
"""What a process has for life: what was promised lies there, and the lock of the one daemon beside it."""
RECEIVED_WITHIN = 1200.0
"""Seconds from the last octet to the commit: twice what a border waits after the dot (RFC 5321 §4.5.3.2.6)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ground:
    """What outlives a configuration. `wake` is told of what is to be sent; `world` is what mailboxes are read in."""

    database: Database
    store: Store
    node: Node | None
    nursery: Nursery
    budget: Budget
    meters: Meters
    board: Board
    wake: Callable[[], None]
    world: World


class Passage:
    """`Receive` by the rules of one generation, and whether anything is still on its way by them."""

    def __init__(self, receiver: Receiver, board: Board, answers: Histogram) -> None:
        self._receiver = receiver
        self._answers = answers
        self._board = board
        self._on_their_way: dict[str, str] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    async def __call__(self, arrival: Arrival) -> Receipt:
        """Take one message in."""
        began = monotonic()
        self._on_their_way[arrival.id] = arrival.origin.ingress
        self._empty.clear()
        try:
            receipt = await self._receiver(arrival)
            self._answers.add(monotonic() - began)
        finally:
            del self._on_their_way[arrival.id]
            if not self._on_their_way:
                self._empty.set()
        self._board.heard(arrival.origin.ingress, receipt.verdict.detail if isinstance(receipt.verdict, Defer) else "")
        return receipt

    @property
    def stints(self) -> tuple[Stint, ...]:
        """The messages on their way, each its ingress's."""
        return tuple(Stint(ingress, one, RECEIVED_WITHIN) for one, ingress in self._on_their_way.items())

    async def empty(self) -> None:
        """Return when nothing is on its way."""
        await self._empty.wait()


@dataclass(frozen=True, slots=True)
class Generation:
    """What is made of `config`. `sites`, `pages` and `readings` are by what tells them from others of their kind."""

    config: Config
    house: House
    pool: Pool
    passage: Passage
    disk: Disk
    sites: Mapping[str, Site]
    pages: Mapping[str, Page]
    sources: Mapping[str, Source]
    smarthost: Smarthost
    readings: Mapping[str, polling.Reading]
    rounds: Sequence[syncing.Round]
    shadow: Shadow | None
    shows: Redaction

    @property
    def way(self) -> Way:
        """How letters leave."""
        return Way(self.smarthost, self.config.letterhead, self.config.outbound.retry.schedule)

    @property
    def certificates(self) -> dict[str, datetime]:
        """When those that are offered end, by listener."""
        return {one.settings.name: one.certificate.ends for one in self.sites.values() if one.certificate}

    def troubles(self) -> tuple[str, ...]:
        """What is wrong now with what its files hold, or with its disk."""
        now = fresh.now()
        offered = ((one.settings.name, one.certificate) for one in self.sites.values())
        doubts = ((name, one.doubt(now)) for name, one in offered if one)
        told = (f"{name}: its certificate {why}" for name, why in doubts if why)
        return tuple(filter(None, (self.disk.trouble(), *told)))

    def wind_down(self) -> None:
        """Whoever is here by it is told to come again, when no message is under way."""
        for site in self.sites.values():
            site.wind_down()

    async def ended(self) -> None:
        """Return when nobody is here by it any more."""
        await asyncio.gather(*(site.settle() for site in self.sites.values()))
        await self.passage.empty()


def generation(ground: Ground, config: Config, before: Generation | None = None) -> Generation:
    """Make everything, and touch nothing that serves. Raises ConfigError."""
    if before is not None:
        _refuse_fixed(config, before.config)
    house, disk, sources = build.house(config), opening.disk(config), credentials.sources(config)
    pool = _pool(ground, config, house, before)
    shadow = _shadow(config, ground.meters)
    kept = ground.store.within(build.acknowledgement_limits(config))
    passage = Passage(Receiver(pool, kept, ground.meters, ground.wake, shadow), ground.board, ground.meters.answers)
    sites = {one.settings.listen: one for one in doors.sites(config, passage, ground.budget, disk)}
    made = Generation(
        config=config,
        house=house,
        pool=pool,
        passage=passage,
        disk=disk,
        sites=sites,
        pages=doors.pages(config, ground.meters, ground.board, ground.store),
        sources=sources,
        smarthost=build.smarthost(config, sources.get(OUTBOUND)),
        readings=polling.readings(config, ground.world, ground.board, sources, ground.node),
        rounds=syncing.rounds(config, ground.database),
        shadow=shadow,
        shows=logbook.redaction(config, make=True),
    )
    _look_at_certificates(made, before)
    return made


def _refuse_fixed(config: Config, before: Config) -> None:
    wrong = "cannot be changed while the gateway runs"
    problems = [
        Problem(str(config.path), 0, key, wrong, "it wants a restart; or put it back, and reload")
        for key in FIXED
        if getattr(config, key) != getattr(before, key)
    ]
    if problems:
        raise ConfigError(*problems)


def _pool(ground: Ground, config: Config, house: House, before: Generation | None) -> Pool:
    """Workers that would be made of the same once more are kept."""
    if before is not None and before.house.digest == house.digest:
        return before.pool
    return crew.pool(config, house, ground.nursery, ground.meters)


def _shadow(config: Config, meters: Meters) -> Shadow | None:
    """A candidate set beside the ruling one. One that cannot be read touches no mail: it is told, and left out."""
    try:
        return build.shadow(config, meters)
    except ConfigError as fault:
        log.warning("policy.shadow-refused", why=str(fault), do="correct it, then reload")
        return None


def _look_at_certificates(made: Generation, before: Generation | None) -> None:
    """One that nobody would believe is not put in the place of another. Raises ConfigError.

    Where it is there already, or was at the start, it stays: a border that does not look at it still delivers.
    """
    known = {one.certificate.digest for one in before.sites.values() if one.certificate} if before else set()
    for site in made.sites.values():
        if site.certificate is None or not (doubt := site.certificate.doubt(fresh.now())):
            continue
        if before is not None and site.certificate.digest not in known:
            key, right = f"smtp {site.settings.name} tls", "renew it, then reload"
            raise ConfigError(Problem(str(made.config.path), 0, key, f"the certificate {doubt}", right))
        log.warning("smtp.certificate", ingress=site.settings.name, why=f"it {doubt}", do="renew it, then reload")
