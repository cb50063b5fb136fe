"""What `gateway check` looks at: a line each, with what to do where it is bad."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway import build, credentials, doors, fresh, lock, opening
from gateway.cli import auth, blob_checks, file_checks, mailbox_checks, policy_checks, retention, source_checks, units
from gateway.cli.context import Context
from gateway.cli.finding import Finding
from gateway.config import Config
from gateway.config import Listener as Entry
from gateway.config.nouns import UnixSocket
from gateway.config.schema import OUTBOUND
from gateway.core.arrival import Arrival, Position
from gateway.core.problem import ConfigError
from gateway.core.remedies import with_remedy
from gateway.core.verdict import Defer
from gateway.egress.submission import Timeouts
from gateway.ingress.budget import Budget
from gateway.ingress.listener import Listener
from gateway.ops.clock import SET_IT, behind
from gateway.ports import Receipt, Tokens, Unavailable
from gateway.store import schema
from gateway.store.ledger import latest
from gateway.store.schema import WrongSchema

DNS_SECONDS = 2
WAITS = Timeouts(5, 5, 5)


def examine(context: Context) -> Iterator[Finding]:
    """Every check in order, leaving nothing behind. Stops at a configuration that cannot be read."""
    try:
        config = context.config
    except ConfigError as fault:
        for problem in fault.problems:
            yield Finding(Finding.FAIL, "config", str(problem))
        return
    yield Finding(Finding.OK, "config", str(config.path))
    yield from policy_checks.examine(config)
    yield from policy_checks.shadow(config)
    yield from _database(config)
    if trouble := lock.trouble(config.beside):
        yield Finding(Finding.FAIL, "lock", with_remedy(trouble))
    yield from retention.examine(config)
    yield from blob_checks.examine(config, fresh.now())
    yield from file_checks.folder("spool", config.spool)
    yield from file_checks.room(config)
    with ExitStack() as held:  # until all are tried: one address may overlap with another
        yield from _listeners(config, held)
        yield from _metrics(config, held)
    yield _dns(config)
    yield from _virus(config)
    yield from _pec(config)
    yield from _smarthost(config)
    yield from mailbox_checks.examine(config)
    yield from auth.examine(config)
    yield from source_checks.examine(config)
    yield from file_checks.secrets(config)


def _database(config: Config) -> Iterator[Finding]:
    path = config.database.path
    if path is not None and not os.access(path, os.F_OK):  # in a folder of another user's nothing can be seen
        new = Finding(Finding.OK, "database", f"{path}: new; `run` makes it")
        yield from list(file_checks.folder("database", path.parent)) or [new]
        return
    try:
        database = opening.open_database(config)
        database.require()
        revision = database.read(schema.current)
        doubts = database.read(lambda connection: list(database.kind.doubts(connection)))
    except (ConfigError, WrongSchema) as fault:
        yield Finding(Finding.FAIL, "database", str(fault))
        return
    except Unavailable as fault:
        yield Finding(Finding.FAIL, "database", with_remedy(str(fault)))
        return
    if revision is None or revision == schema.HEAD:
        state = f"at schema {revision}" if revision else "new; `run` makes its tables"
        runs = "; a gateway runs on it" if lock.is_running(config.beside) else ""
        yield Finding(Finding.OK, "database", f"{database}: {state}{runs}")
        if revision and (why := behind(fresh.now(), database.read(latest))):
            yield Finding(Finding.WARN, "clock", f"{why}; {SET_IT}")
        if revision:
            yield from database.read(lambda connection: list(source_checks.orphans(config, connection)))
    else:
        known = revision in schema.known()
        words = f"{database} is at schema {revision}, this gateway at {schema.HEAD}"
        right = "`run` migrates it" if known else "install the newer gateway"
        yield Finding(Finding.WARN if known else Finding.FAIL, "database", f"{words}; {right}")
    yield from (Finding(Finding.WARN, "database", f"{database}: {one}") for one in doubts)
    if path is not None:
        yield from file_checks.private("database", path)
    database.close()


def _listeners(config: Config, held: ExitStack) -> Iterator[Finding]:
    if not config.smtp:
        yield Finding(Finding.WARN, "smtp", "no listener: mail comes in by `gateway ingest` only")
    running, passed = lock.is_running(config.beside), units.sockets()
    with TemporaryDirectory(prefix="gateway-") as folder:
        unspooled = config.model_copy(update={"spool": Path(folder)})
        for entry in config.smtp:
            unit = passed.get(entry.name) or passed.get(str(entry.listen), "")
            yield from _listener(unspooled, entry, unit, held, running=running)


def _listener(config: Config, entry: Entry, unit: str, held: ExitStack, *, running: bool) -> Iterator[Finding]:
    where = f"{entry.listen} of {unit}" if unit else str(entry.listen)
    try:
        site = doors.site(config, entry, _nobody, Budget(), opening.disk(config))
        listener = Listener(site)
        if not unit:
            listener.bind()
    except ConfigError as fault:
        yield Finding(Finding.FAIL, "smtp", str(fault))
    except (OSError, ValueError) as fault:
        taken = isinstance(fault, OSError) and fault.errno == errno.EADDRINUSE
        if running and taken:
            yield Finding(Finding.OK, "smtp", f"{entry.name}: {entry.listen} is held by the running gateway")
        else:
            yield Finding(Finding.FAIL, "smtp", "; ".join(doors.unbound(fault)))
    else:
        held.callback(listener.close)
        yield Finding(Finding.OK, "smtp", f"{entry.name}: {entry.protocol} on {where}, {entry.position}")
        if site.certificate and (doubt := site.certificate.doubt(fresh.now())):
            yield Finding(Finding.WARN, "smtp", f"{entry.name}: its certificate {doubt}; renew it, then reload")
    if entry.position is Position.BEHIND_MTA and not entry.trusted_authserv_ids:
        words = f"{entry.name} trusts no authserv-id: every message will be held as unauthenticated"
        yield Finding(Finding.WARN, "smtp", words)


def _metrics(config: Config, held: ExitStack) -> Iterator[Finding]:
    if config.metrics is None:
        return
    listen = config.metrics.listen
    try:
        held.enter_context(doors.metrics_socket(listen))
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE and lock.is_running(config.beside):
            yield Finding(Finding.OK, "metrics", "held by the running gateway")
        else:
            yield Finding(Finding.FAIL, "metrics", "; ".join(doors.unbound(fault)))
    else:
        if isinstance(listen, UnixSocket):
            held.callback(listen.path.unlink, missing_ok=True)
        yield Finding(Finding.OK, "metrics", "can be listened on")


async def _nobody(arrival: Arrival) -> Receipt:
    """Nothing is received while checking."""
    return Receipt(arrival.id, Defer("only checking"))


def _smarthost(config: Config) -> Iterator[Finding]:
    try:
        tokens = credentials.tried(config, OUTBOUND)
        trouble = asyncio.run(_tried(config, tokens))
    except ConfigError as fault:
        yield Finding(Finding.FAIL, "smarthost", str(fault))
        return
    host, port = config.outbound.smarthost.host, config.outbound.smarthost.port
    if trouble:
        yield Finding(Finding.WARN, "smarthost", f"{with_remedy(trouble, '')}; letters will wait in the outbox")
    else:
        signed_in = f", and has {config.outbound.username} signed in" if config.outbound.username else ""
        yield Finding(Finding.OK, "smarthost", f"{host}:{port} answers{signed_in}")


async def _tried(config: Config, tokens: Tokens | None) -> str:
    return await build.smarthost(config, tokens, WAITS).trouble()


def _dns(config: Config) -> Finding:
    nameservers = ", ".join(map(str, config.authentication.nameservers)) or "the system's nameservers"
    if not asyncio.run(build.nameservers_answer(config, DNS_SECONDS)):
        words = f"{nameservers}: no answer; mail that only our own check could let in is put off (451)"
        return Finding(Finding.WARN, "dns", words)
    return Finding(Finding.OK, "dns", f"{nameservers}: answered")


def _virus(config: Config) -> Iterator[Finding]:
    if config.virus is None or (scanner := build.scanner(config)) is None:
        return
    try:
        yield Finding(Finding.OK, "virus", f"{config.virus.clamd}: {asyncio.run(scanner.version())}")
    except Unavailable as fault:
        until = "held, not scanned" if config.virus.when_away == "quarantine" else "put off (451)"
        yield Finding(Finding.WARN, "virus", f"{config.virus.clamd}: {fault}; mail is {until} until it answers")


def _pec(config: Config) -> Iterator[Finding]:
    """Whether seals could be verified: else certified mail would wait outside (I9)."""
    if (seals := build.seals(config)) is None:
        return
    if trouble := seals.trouble():
        yield Finding(Finding.FAIL, "pec", f"{trouble}; PEC envelopes would be put off (451)")
    else:
        yield Finding(Finding.OK, "pec", "openssl can verify seals")
