"""From the configuration to the parts: everything that is put together is put together here."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic

from gateway.authentication.checks import Checks
from gateway.authentication.dns import Resolver, ResolverSettings
from gateway.authentication.smime import Smime
from gateway.config import Config, load_policies
from gateway.config.nouns import UnixSocket
from gateway.core.inquiry import Found, Question
from gateway.core.problem import ConfigError, Problem
from gateway.core.reference import REFERENCE_BITS, make_reference
from gateway.core.standing import Commit, Standing
from gateway.dispatch import Dispatch, Way
from gateway.egress.submission import Smarthost, SmarthostSettings, Timeouts
from gateway.egress.wording import Templates
from gateway.examine import Examiner
from gateway.house import House
from gateway.ingress.disk import Disk
from gateway.ops.meters import Meters
from gateway.ops.shadow import Shadow
from gateway.ports import Authenticator, Observer, Scanner, Seals, Tokens
from gateway.scanning.clamd import Clamd
from gateway.store.adapter import Store
from gateway.store.blob_files import Files
from gateway.store.blobs import Blobs, Outside
from gateway.store.database import Database
from gateway.store.letters import Limits
from gateway.store.nodes import Node
from gateway.store.postgresql import Postgresql

POLL = 0.5
TOLD_POLL = 5.0
"""Seconds between two looks into the outbox, and where NOTIFY tells of what is put there."""

ELSEWHERE = {"smtp", "imap", "metrics", "policies_shadow"}
"""What no examiner is made of: a change of it alone needs no new ones."""

RIGHT_FILE = "put the secret there, alone, in UTF-8, and let this user read it"
"""What would be right of a file that holds one."""

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
        raise ConfigError(Problem(str(config.path), 0, "database_password_file", wrong, RIGHT_FILE)) from fault


def backup_mark(config: Config) -> Path:
    """A file whose time is that of the last whole backup."""
    return config.beside.with_name(f"{config.beside.name}.backup")


def last_backup(config: Config) -> datetime | None:
    """When it was, if there was one."""
    try:
        return datetime.fromtimestamp(backup_mark(config).stat().st_mtime, UTC)
    except OSError:
        return None


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
        wrong = f"{fault.filename}: {fault.strerror}"
        raise ConfigError(Problem(str(config.path), 0, "blobs", wrong, RIGHT_FILE)) from fault
    return S3(Bucket(said.bucket or "", said.prefix or "", said.region, said.endpoint, *keys))


def house(config: Config) -> House:
    """The rules and words in force. Raises ConfigError."""
    policy = load_policies(config.policies)
    wording = Templates.load(config.templates, config.languages, policy.answers)
    said = json.dumps(config.model_dump(exclude=ELSEWHERE), sort_keys=True, default=_plain)
    return House(
        hostname=config.hostname,
        sender_name=config.letterhead.name,
        served=config.served,
        policy=policy,
        wording=wording,
        panel=config.panel,
        verify_always=config.authentication.verify == "always",
        shared_domains=config.authentication.shared_domains,
        digest=sha256(f"{said}{policy.digest}{wording.digest}".encode()).hexdigest(),
    )


def _plain(value: object) -> object:
    """A set in an order that is the same in every process."""
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)


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


def standings(config: Config) -> list[Standing]:
    """Each ingress, of which nothing is known yet."""
    kinds = [(one.name, one.protocol) for one in config.smtp] + [(one.name, "imap") for one in config.imap]
    return [Standing(name, kind, now()) for name, kind in kinds]


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


async def nameservers_answer(config: Config, seconds: float = 6) -> bool:
    """Whether they do at all, about ourselves and not from a cache: that there is no such record is an answer, too."""
    answer = await resolver(config, seconds).answer(Question(config.addresses[0].domain, "TXT"))
    return answer.found is not Found.COULD_NOT_ASK


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


def disk(config: Config) -> Disk:
    """The disks that mail is written to. Raises OSError where the spool cannot be made."""
    config.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, blobs = config.database.path, config.blob_folder
    folders = {
        config.spool,
        blobs if os.access(blobs, os.F_OK) else blobs.parent,
        *([database.parent] if database else []),
    }
    return Disk(sorted(folders), config.limits.disk_free, monotonic)


def smarthost(config: Config, tokens: Tokens | None, timeouts: Timeouts = Timeouts()) -> Smarthost:  # noqa: B008 - frozen
    """The way out. Raises ConfigError where a file of it cannot be read."""
    try:
        return Smarthost(replace(way(config, tokens), timeouts=timeouts))
    except OSError as fault:
        if fault.filename is None:  # the TLS library does not say which file it was
            wrong, right = f"{config.outbound.ca_file}: {fault.strerror}", "certificates in PEM"
        else:
            wrong, right = f"{fault.filename}: {fault.strerror}", RIGHT_FILE
        raise ConfigError(Problem(str(config.path), 0, "outbound", wrong, right)) from fault


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


def dispatch(config: Config, kept: Store, way: Way, observer: Observer) -> Dispatch:
    """The story of what is sent."""
    return Dispatch(
        outbox=kept,
        book=kept,
        submission=way.submission,
        letterhead=way.letterhead,
        keys=kept,
        observer=observer,
        schedule=way.schedule,
        now=now,
        chance=chance,
        poll=POLL if config.database.path else TOLD_POLL,
    )


def secret(path: Path | None) -> str:
    """What a file of one secret holds. Raises OSError; none of what is in the file is in its words."""
    if path is None:
        return ""
    try:
        found = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "is not text in UTF-8", str(path)) from None
    if not found:  # a server would say no more than that it refuses the login
        raise OSError(errno.ENODATA, "is empty", str(path))
    return found
