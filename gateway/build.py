"""From the configuration to the parts: everything that is put together is put together here."""

from __future__ import annotations

import errno
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from gateway import logbook
from gateway.authentication.checks import Checks
from gateway.authentication.dns import Resolver, ResolverSettings
from gateway.authentication.smime import Smime
from gateway.config import Config, load, load_policies
from gateway.config.nouns import Endpoint, UnixSocket
from gateway.core.policy import Policy
from gateway.core.problem import ConfigError, Problem
from gateway.core.reference import REFERENCE_BITS, make_reference
from gateway.core.standing import Commit, Standing
from gateway.dispatch import Dispatch
from gateway.egress.submission import Smarthost, SmarthostSettings, Timeouts
from gateway.egress.wording import Templates
from gateway.examine import Examiner
from gateway.house import House
from gateway.ingress.budget import Budget
from gateway.ingress.disk import Disk
from gateway.ingress.listener import Listener
from gateway.ingress.settings import Bounds, ListenerSettings
from gateway.ingress.sockets import bind_tcp, bind_unix
from gateway.ops.board import Board, status_file
from gateway.ops.census import Census
from gateway.ops.meters import Meters
from gateway.ops.page import Page
from gateway.ops.shadow import Shadow
from gateway.ports import Authenticator, Observer, Receive, Scanner, Seals, Tokens
from gateway.scanning.clamd import Clamd
from gateway.store.adapter import Store
from gateway.store.blob_files import Files
from gateway.store.blobs import Blobs, Outside
from gateway.store.database import Database
from gateway.store.letters import Limits
from gateway.store.nodes import Node
from gateway.store.postgresql import Postgresql
from gateway.sweep import Sweep
from gateway.workers.nursery import Nursery
from gateway.workers.pool import Pool
from gateway.workers.worker import Bounds as WorkerBounds
from gateway.workers.worker import live

SOCKET_MODE = 0o660
"""Of the metrics' Unix socket: whoever scrapes shares the group."""

FRAME_OCTETS = 1024 * 1024
"""What a question to a worker holds beside the message: recipients above all."""
WORKERS = 4
"""At most this many where the configuration does not say: more pay only where mail is slow to read."""
WORKER_OCTETS = 512 * 1024 * 1024
WORKER_TIMES = 16
"""What a worker may hold: so much, and so many times the longest message."""

POLL = 0.5
TOLD_POLL = 5.0
"""Seconds between two looks into the outbox, and where NOTIFY tells of what is put there."""

_ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """18 letters: 10 of milliseconds, so that ids sort as they were made, and 40 random bits."""
    number = (int(now().timestamp() * 1000) << 40) | secrets.randbits(40)
    return "".join(_ID_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


def new_reference() -> str:
    """A ticket reference that nobody can guess."""
    return make_reference(secrets.randbits(REFERENCE_BITS))


def chance() -> float:
    """A number in [0, 1) that nobody can foresee."""
    return secrets.randbelow(1 << 32) / (1 << 32)


def open_database(config: Config) -> Database:
    """The open database, at whatever schema it is. Raises ConfigError, Unavailable."""
    try:
        return Database(config.database.url, outside(config), secret(config.database_password_file)).open()
    except ValueError as fault:
        raise ConfigError(Problem(str(config.path), 0, "database", str(fault))) from fault
    except OSError as fault:
        wrong = f"{fault.filename}: {fault.strerror}"
        raise ConfigError(Problem(str(config.path), 0, "database_password_file", wrong)) from fault


def outside(config: Config) -> Outside:
    """Where octets are that are too long for the database. Raises ConfigError."""
    return Outside(_bucket(config) if config.blobs.store == "s3" else Files(config.blob_folder), config.blobs.inline)


def _bucket(config: Config) -> Blobs:
    said = config.blobs
    try:
        from gateway.store.blob_s3 import S3, Bucket  # noqa: PLC0415 - an extra, that only a bucket needs

        keys = secret(said.access_key_file), secret(said.secret_key_file)
    except ImportError as fault:
        right = "pip install 'mail-gateway[s3]'"
        raise ConfigError(Problem(str(config.path), 0, "blobs.store", "s3 wants obstore", right)) from fault
    except OSError as fault:
        raise ConfigError(Problem(str(config.path), 0, "blobs", f"{fault.filename}: {fault.strerror}")) from fault
    return S3(Bucket(said.bucket or "", said.prefix or "", said.region, said.endpoint, *keys))


def house(config: Config) -> House:
    """The rules and words in force. Raises ConfigError."""
    policy = load_policies(config.policies)
    return House(
        hostname=config.hostname,
        sender_name=config.letterhead.name,
        served=config.served,
        policy=policy,
        wording=Templates.load(config.templates, config.languages, policy.answers),
        panel=config.panel,
        verify_always=config.authentication.verify == "always",
        shared_domains=config.authentication.shared_domains,
    )


def shadow(config: Config, meters: Meters) -> Shadow | None:
    """The candidate set of policies, if one is to be compared. Raises ConfigError."""
    if config.policies_shadow is None:
        return None
    return Shadow(load_policies(config.policies_shadow), now(), meters.comparisons)


def store(
    config: Config, database: Database, node: Node | None = None, told: Callable[[Commit], None] = lambda _: None
) -> Store:
    """The store; close it."""
    return Store(database, acknowledgement_limits(config), node, told)


def node(config: Config, database: Database) -> Node | None:
    """Who we are among the gateways of this database; None where there can be no other."""
    if not isinstance(database.kind, Postgresql):
        return None
    return Node(
        partial(database.kind.session, database.engine),
        [one.name for one in config.imap],
        (config.hostname, os.getpid()),
        now,
    )


def acknowledgement_limits(config: Config) -> Limits:
    """How many automatic letters there may be."""
    limits = config.limits.acknowledgements
    return Limits(limits.per_account.count, limits.per_account.per, limits.per_ticket)


def checks(config: Config) -> Checks:
    """Our own checks of author domains, with a resolver and its cache."""
    return Checks(resolver(config), monotonic)


def seals(config: Config) -> Smime | None:
    """What PEC envelopes are verified with; None where none is."""
    return Smime(config.pec.ca_file) if config.pec else None


def resolver(config: Config, seconds: float = 6) -> Resolver:
    """A resolver with its cache; `seconds` bound one question."""
    nameservers = tuple((one.host, one.port) for one in config.authentication.nameservers)
    return Resolver(ResolverSettings(nameservers, one_try=min(2, seconds / 2), question=seconds), monotonic)


def scanner(config: Config) -> Clamd | None:
    """What scans for viruses, or nothing. It is asked in one event loop."""
    if config.virus is None:
        return None
    clamd = config.virus.clamd
    where = str(clamd.path) if isinstance(clamd, UnixSocket) else (clamd.host, clamd.port)
    return Clamd(where, config.virus.timeout.total_seconds(), hold=config.virus.when_away == "quarantine")


def examiner(
    rules: House, kept: Store, authenticator: Authenticator, scanner: Scanner | None, seals: Seals | None
) -> Examiner:
    """Everything about a message up to the commit, ready to be found out."""
    return Examiner(
        house=rules,
        book=kept,
        desk=kept,
        keys=kept,
        archive=kept,
        authenticator=authenticator,
        new_id=new_id,
        new_reference=new_reference,
        scanner=scanner,
        seals=seals,
    )


def examining(path: Path) -> tuple[Examiner, str]:
    """The examiner of a worker, and the digest of its policies, from the file. Raises ConfigError, Unavailable."""
    config = load(path)
    logbook.configure(config)
    rules = house(config)
    kept = store(config, open_database(config))
    return examiner(rules, kept, checks(config), scanner(config), seals(config)), rules.policy.digest


def nursery(config: Config) -> Nursery:
    """Where workers come from. To be called before there is any thread."""
    most = config.limits.message
    bounds = WorkerBounds(frame=most + FRAME_OCTETS, memory=WORKER_OCTETS + WORKER_TIMES * most)
    return Nursery(partial(live, bounds=bounds, make=partial(examining, config.path)))


def pool(config: Config, born: Nursery, meters: Meters) -> Pool:
    """The workers, not started yet."""
    return Pool(born, config.limits.workers or min(os.cpu_count() or 1, WORKERS), meters.worker_died)


def disk(config: Config) -> Disk:
    """The disks that mail is written to. Raises OSError where the spool cannot be made."""
    config.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, blobs = config.database.path, config.blob_folder
    folders = {config.spool, blobs if blobs.exists() else blobs.parent, *([database.parent] if database else [])}
    return Disk(sorted(folders), config.limits.disk_free, monotonic)


def listeners(config: Config, receive: Receive, budget: Budget, disk: Disk) -> list[Listener]:
    """One for each entry under `smtp:`."""
    limits = config.limits
    bounds = Bounds(
        message=limits.message,
        connections=limits.connections,
        connections_per_peer=limits.connections_per_peer,
        recipients=limits.recipients,
    )
    return [
        Listener(
            ListenerSettings(
                name=one.name,
                listen=str(one.listen),
                protocol=one.protocol,
                position=one.position,
                trusted_ids=one.trusted_authserv_ids,
                peers=frozenset(str(peer) for peer in one.peers),
                certificate_file=str(one.tls.certificate_file) if one.tls else None,
                key_file=str(one.tls.key_file) if one.tls else None,
            ),
            bounds,
            hostname=config.hostname,
            served=config.served,
            receive=receive,
            new_id=new_id,
            now=now,
            budget=budget,
            spool=config.spool,
            short=disk.refuses,
        )
        for one in config.smtp
    ]


def board(config: Config, policy: Policy) -> Board:
    """Where the parts say how they stand."""
    began = now()
    listening = [Standing(one.name, one.protocol, began) for one in config.smtp]
    polled = [Standing(one.name, "imap", began) for one in config.imap]
    return Board(status_file(config.beside), now, policy.digest, [*listening, *polled])


def pages(config: Config, meters: Meters, stands: Board, kept: Store) -> list[Page]:
    """Where may be read how the gateway does: nowhere, or at one place."""
    if config.metrics is None:
        return []
    from gateway.ops import exposition  # noqa: PLC0415 - 60 ms that a command without metrics can do without

    census = Census(lambda: kept.figures(now()))

    async def text() -> bytes:
        figures = await census.figures()
        return exposition.text(exposition.Seen(meters, stands.report(), figures))

    return [Page(partial(metrics_socket, config.metrics.listen), text)]


def metrics_socket(listen: Endpoint | UnixSocket) -> socket.socket:
    """Bound to where the page is to be. Raises OSError."""
    if isinstance(listen, UnixSocket):
        return bind_unix(listen.path, SOCKET_MODE)
    return bind_tcp(listen.host, listen.port)


def smarthost(config: Config, tokens: Tokens | None, timeouts: Timeouts = Timeouts()) -> Smarthost:  # noqa: B008 - frozen
    """The way out. Raises ConfigError where a file of it cannot be read."""
    try:
        return Smarthost(replace(way(config, tokens), timeouts=timeouts))
    except OSError as fault:
        raise ConfigError(Problem(str(config.path), 0, "outbound", f"{fault.filename}: {fault.strerror}")) from fault


def way(config: Config, tokens: Tokens | None) -> SmarthostSettings:
    """How to speak to the smarthost. Raises OSError."""
    outbound = config.outbound
    return SmarthostSettings(
        host=outbound.smarthost.host,
        port=outbound.smarthost.port,
        tls=outbound.tls,
        hostname=config.hostname,
        username=outbound.username or "",
        password=secret(outbound.password_file),
        tokens=tokens,
        ca_file=str(outbound.ca_file) if outbound.ca_file else None,
    )


def dispatch(config: Config, kept: Store, way_out: Smarthost, observer: Observer) -> Dispatch:
    """The story of what is sent."""
    return Dispatch(
        outbox=kept,
        book=kept,
        submission=way_out,
        letterhead=config.letterhead,
        keys=kept,
        observer=observer,
        schedule=config.outbound.retry.schedule,
        now=now,
        chance=chance,
        poll=POLL if config.database.path else TOLD_POLL,
    )


def sweep(kept: Store, policy: Callable[[], Policy]) -> Sweep:
    """The story of what retention takes, by the policy in force at each sweep."""
    return Sweep(kept, lambda: policy().retention, now)


def secret(path: Path | None) -> str:
    """What a file of one secret holds. Raises OSError; none of what is in the file is in its words."""
    try:
        return path.read_text("utf-8").strip() if path else ""
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "is not text in UTF-8", str(path)) from None
