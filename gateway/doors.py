"""From the configuration to where others come in: listeners with their sites, and the page of metrics."""

from __future__ import annotations

import errno
import socket
from functools import partial

from gateway import fresh, opening
from gateway.config import Config
from gateway.config import Listener as Entry
from gateway.config.nouns import Endpoint, UnixSocket
from gateway.core.problem import ConfigError, Problem
from gateway.ingress.budget import Budget
from gateway.ingress.certificate import Certificate, Unfit, certificate
from gateway.ingress.disk import Disk
from gateway.ingress.settings import Bounds, ListenerSettings
from gateway.ingress.site import Site
from gateway.ingress.sockets import bind_tcp, bind_unix
from gateway.ops.board import Board
from gateway.ops.census import Census
from gateway.ops.meters import Meters
from gateway.ops.page import Page
from gateway.ops.passed import Passed
from gateway.ports import Receive
from gateway.store.adapter import Store

SOCKET_MODE = 0o660
"""Of the metrics' Unix socket: whoever scrapes shares the group."""
METRICS = "metrics"
"""The FileDescriptorName= of the page."""


def sites(config: Config, receive: Receive, budget: Budget, disk: Disk) -> list[Site]:
    """What listens is told by its settings; one for each entry under `smtp:`. Raises ConfigError."""
    return [site(config, one, receive, budget, disk) for one in config.smtp]


def site(config: Config, one: Entry, receive: Receive, budget: Budget, disk: Disk) -> Site:
    """Where the guests of one listener are. Raises ConfigError where its certificate cannot be used."""
    limits = config.limits
    return Site(
        ListenerSettings(
            name=one.name,
            listen=str(one.listen),
            protocol=one.protocol,
            position=one.position,
            trusted_ids=one.trusted_authserv_ids,
            peers=frozenset(str(peer) for peer in one.peers),
        ),
        Bounds(
            message=limits.message,
            connections=limits.connections,
            connections_per_peer=limits.connections_per_peer,
            recipients=limits.recipients,
        ),
        hostname=config.hostname,
        served=config.served,
        receive=receive,
        new_id=fresh.new_id,
        now=fresh.now,
        budget=budget,
        spool=config.spool,
        short=disk.refuses,
        certificate=_certificate(config, one),
    )


def _certificate(config: Config, one: Entry) -> Certificate | None:
    if one.tls is None:
        return None
    try:
        return certificate(one.tls.certificate_file, one.tls.key_file)
    except Unfit as fault:
        raise ConfigError(Problem(str(config.path), 0, f"smtp {one.name} tls", *fault.args)) from fault


def pages(config: Config, meters: Meters, stands: Board, kept: Store) -> dict[str, Page]:
    """Where may be read how the gateway does, by the address: nowhere, or at one place."""
    if config.metrics is None:
        return {}
    from gateway.ops import exposition  # noqa: PLC0415 - 60 ms that a command without metrics can do without

    census, listen = Census(lambda: kept.figures(fresh.now())), config.metrics.listen
    sources = frozenset(one.name for one in config.accounts.sources)

    async def text() -> bytes:
        figures, backup = await census.figures(), opening.last_backup(config)
        return exposition.text(exposition.Seen(meters, stands.report(), figures, backup, sources))

    return {str(listen): Page(partial(metrics_socket, listen), text)}


def metrics_socket(listen: Endpoint | UnixSocket) -> socket.socket:
    """Listens where the page is to be. Raises OSError."""
    if isinstance(listen, UnixSocket):
        return bind_unix(listen.path, SOCKET_MODE)
    return bind_tcp(listen.host, listen.port)


def handed(passed: Passed, config: Config) -> dict[str, socket.socket]:
    """What systemd has bound for each of these, by the address. Raises ConfigError where one is for none of them."""
    named: dict[str, Endpoint | UnixSocket] = {one.name: one.listen for one in config.smtp}
    if config.metrics is not None:
        named.setdefault(METRICS, config.metrics.listen)
    try:
        return passed.among({str(listen): (name, _where(listen)) for name, listen in named.items()})
    except (OSError, ValueError) as fault:
        right = "give a listener that address, or name it by FileDescriptorName=, or stop the unit of the socket"
        raise ConfigError(Problem(str(config.path), 0, "smtp", str(fault), right)) from fault


def _where(listen: Endpoint | UnixSocket) -> tuple[str, int] | str:
    return str(listen.path) if isinstance(listen, UnixSocket) else (listen.host, listen.port)


def unbound(fault: OSError | ValueError) -> tuple[str, str]:
    """Why a listener cannot be had, and what would be right."""
    wrong = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    match getattr(fault, "errno", None):
        case errno.EADDRINUSE:
            return wrong, "stop what listens there, or change `listen`"
        case errno.EACCES | errno.EPERM:
            return wrong, "take a port from 1024 on, a folder of this user's, or a socket of systemd's"
        case errno.EADDRNOTAVAIL:
            return wrong, "name an address of this machine in `listen`"
        case _:
            return wrong, "change `listen`"
