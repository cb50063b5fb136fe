"""From the configuration to the parts: everything that is put together is put together here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from time import monotonic

from gateway import fresh, opening
from gateway.authentication.checks import Checks
from gateway.authentication.dns import Resolver, ResolverSettings
from gateway.authentication.smime import Smime
from gateway.config import Config
from gateway.config.nouns import UnixSocket
from gateway.config.policies import load_policies
from gateway.core.inquiry import Found, Question
from gateway.core.problem import ConfigError, Problem
from gateway.core.standing import Commit, Standing
from gateway.dispatch import Dispatch, Way
from gateway.egress.submission import Smarthost, SmarthostSettings, Timeouts
from gateway.egress.wording import Templates
from gateway.examine import Examiner
from gateway.house import House
from gateway.ops.meters import Meters
from gateway.ops.shadow import Shadow
from gateway.ports import Authenticator, Observer, Scanner, Seals, Tokens
from gateway.scanning.clamd import Clamd
from gateway.store.adapter import Store
from gateway.store.database import Database
from gateway.store.letters import Limits
from gateway.store.nodes import Node

POLL = 0.5
TOLD_POLL = 5.0
"""Seconds between two looks into the outbox, and where NOTIFY tells of what is put there."""

ELSEWHERE = {"smtp", "imap", "metrics", "policies_shadow"}
"""What no examiner is made of: a change of it alone needs no new ones."""


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
    return Shadow(load_policies(config.policies_shadow), fresh.now(), meters.comparisons)


def store(
    config: Config, database: Database, node: Node | None = None, told: Callable[[Commit], None] = lambda _: None
) -> Store:
    """The store; close it."""
    return Store(database, acknowledgement_limits(config), node, told)


def acknowledgement_limits(config: Config) -> Limits:
    """How many automatic letters there may be."""
    limits = config.limits.acknowledgements
    return Limits(limits.per_account.count, limits.per_account.per, limits.per_ticket)


def standings(config: Config) -> list[Standing]:
    """Each ingress, of which nothing is known yet."""
    kinds = [(one.name, one.protocol) for one in config.smtp] + [(one.name, "imap") for one in config.imap]
    return [Standing(name, kind, fresh.now()) for name, kind in kinds]


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
        new_id=fresh.new_id,
        new_reference=fresh.new_reference,
        scanner=scanner,
        seals=seals,
    )


def smarthost(config: Config, tokens: Tokens | None, timeouts: Timeouts = Timeouts()) -> Smarthost:  # noqa: B008 - frozen
    """The way out. Raises ConfigError where a file of it cannot be read."""
    try:
        return Smarthost(replace(way(config, tokens), timeouts=timeouts))
    except OSError as fault:
        if fault.filename is None:  # the TLS library does not say which file it was
            wrong, right = f"{config.outbound.ca_file}: {fault.strerror}", "certificates in PEM"
        else:
            wrong, right = f"{fault.filename}: {fault.strerror}", opening.RIGHT_FILE
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
        password=opening.secret(outbound.password_file),
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
        now=fresh.now,
        chance=fresh.chance,
        poll=POLL if config.database.path else TOLD_POLL,
    )
