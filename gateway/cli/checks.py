"""What `gateway check` looks at: a line each, with what to do where it is bad."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gateway import app, build
from gateway.cli.context import Context
from gateway.config import Config, load_policies, oracle_warnings
from gateway.core.arrival import Arrival, Position
from gateway.core.problem import ConfigError
from gateway.core.verdict import Defer
from gateway.egress.probe import probe
from gateway.egress.wording import Templates
from gateway.ports import Receipt, Unavailable
from gateway.store import schema
from gateway.store.schema import WrongSchema


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `ok`, `warn` where `run` works but somebody should look, `FAIL` where it would not."""

    OK: ClassVar[str] = "ok"
    WARN: ClassVar[str] = "warn"
    FAIL: ClassVar[str] = "FAIL"

    state: str
    what: str
    words: str


def examine(context: Context) -> Iterator[Finding]:
    """Every check in order. Stops at a configuration that cannot be read."""
    try:
        config = context.config
    except ConfigError as fault:
        yield Finding(Finding.FAIL, "config", str(fault))
        return
    yield Finding(Finding.OK, "config", str(config.path))
    yield from _policies(config)
    yield _tried("templates", lambda: f"{config.templates}", lambda: Templates.load(config.templates, config.languages))
    yield from _database(config)
    yield from _listeners(config)
    yield from _smarthost(config)
    yield from _secrets(config)


def _policies(config: Config) -> Iterator[Finding]:
    try:
        policy = load_policies(config.policies)
    except ConfigError as fault:
        yield Finding(Finding.FAIL, "policies", str(fault))
        return
    yield Finding(Finding.OK, "policies", f"{config.policies} ({policy.digest[:12]})")
    for words in oracle_warnings(policy, edge=config.edge):
        yield Finding(Finding.WARN, "policies", words)


def _database(config: Config) -> Iterator[Finding]:
    try:
        database = build.open_database(config)
        revision = database.read(schema.current)
    except (ConfigError, Unavailable, WrongSchema) as fault:
        yield Finding(Finding.FAIL, "database", str(fault))
        return
    if revision is None or revision == schema.HEAD:
        state = f"at schema {revision}" if revision else "new; `run` makes its tables"
        yield Finding(Finding.OK, "database", f"{database.path}: {state}")
    else:
        known = revision in schema.known()
        words = f"{database.path} is at schema {revision}, this gateway at {schema.HEAD}"
        right = "`run` migrates it" if known else "install the newer gateway"
        yield Finding(Finding.WARN if known else Finding.FAIL, "database", f"{words}; {right}")
    yield from _private("database", database.path)
    database.close()


def _listeners(config: Config) -> Iterator[Finding]:
    if config.imap:
        yield Finding(Finding.FAIL, "imap", "this version does not read mailboxes; take `imap` out")
    running = _running(config)
    if not config.smtp:
        yield Finding(Finding.WARN, "smtp", "no listener: mail comes in by `gateway ingest` only")
    for entry, listener in zip(config.smtp, build.listeners(config, _nobody), strict=True):
        try:
            listener.bind()
        except (OSError, ValueError) as fault:
            if running:
                yield Finding(Finding.OK, "smtp", f"{entry.name}: {entry.listen} is held by the running gateway")
            else:
                yield Finding(Finding.FAIL, "smtp", f"{fault}; stop what listens there, or change `listen`")
        else:
            asyncio.run(listener.drain(0))
            yield Finding(Finding.OK, "smtp", f"{entry.name}: {entry.protocol} on {entry.listen}, {entry.position}")
        if entry.position is Position.BEHIND_MTA and not entry.trusted_authserv_ids:
            words = f"{entry.name} trusts no authserv-id: every message will be held as unauthenticated"
            yield Finding(Finding.WARN, "smtp", words)


async def _nobody(arrival: Arrival) -> Receipt:
    """Nothing is received while checking."""
    return Receipt(arrival.id, Defer("only checking"))


def _running(config: Config) -> bool:
    """Whether a gateway has this database, and so, most likely, its ports."""
    try:
        with app.alone(build.open_database(config)):
            return False
    except (ConfigError, Unavailable):
        return True


def _smarthost(config: Config) -> Iterator[Finding]:
    try:
        build.smarthost(config)
    except ConfigError as fault:
        yield Finding(Finding.FAIL, "smarthost", str(fault))
        return
    host, port = config.outbound.smarthost.host, config.outbound.smarthost.port
    if trouble := probe(host, port, config.hostname, implicit_tls=config.outbound.tls == "implicit"):
        yield Finding(Finding.WARN, "smarthost", f"{host}:{port}: {trouble}; letters will wait in the outbox")
    else:
        yield Finding(Finding.OK, "smarthost", f"{host}:{port} answers")


def _secrets(config: Config) -> Iterator[Finding]:
    files = [config.outbound.password_file, *(one.tls.key_file for one in config.smtp if one.tls)]
    for path in files:
        if path is not None:
            yield from _private("secret", path)


def _private(what: str, path: Path) -> Iterator[Finding]:
    """Threats rule 17: database, spool and secrets are for our eyes only."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as fault:
        yield Finding(Finding.FAIL, what, f"{path}: {fault.strerror}")
        return
    if mode & 0o077:
        yield Finding(Finding.WARN, what, f"{path} may be read by others ({mode:04o}); chmod 600 it")
    if not os.access(path, os.R_OK):
        yield Finding(Finding.FAIL, what, f"{path} cannot be read by this user")


def _tried(what: str, words: Callable[[], str], attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except ConfigError as fault:
        return Finding(Finding.FAIL, what, str(fault))
    return Finding(Finding.OK, what, words())
