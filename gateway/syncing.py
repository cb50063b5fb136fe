"""From the configuration to the sources of accounts, and one round of each: asked, weighed, made so, written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from gateway import fresh, opening
from gateway.config import Config
from gateway.config.roster_source import FileSource
from gateway.config.sources import AccountSource, LdapSource, SqlSource
from gateway.core.address import Address
from gateway.core.problem import ConfigError, Problem
from gateway.core.roster import of_others
from gateway.core.sourced import Guard, Known, next_round
from gateway.ports import Source, Unavailable
from gateway.sources.sql import Sql, SqlSettings
from gateway.store import sources as store
from gateway.store.database import Database, Superseded
from gateway.store.roster import RosterRefused
from gateway.store.sources import Synced, Terms

CHARACTERS = 600
"""Of a refusal, as far as it is kept for `gateway status`."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a round ended. `synced` is None where nothing new was said, or nothing could be made of it."""

    source: str
    synced: Synced | None = None
    refused: tuple[str, ...] = ()
    """What is wrong with what it says, a line each."""
    unavailable: str = ""
    """Why it could not be asked, or the database not be written."""


@dataclass(frozen=True, slots=True)
class Round:
    """Implements `sync.Round`, and is what `gateway accounts sync` does once."""

    source: Source
    said: AccountSource
    others: frozenset[str]
    database: Database
    now: Callable[[], datetime]
    chance: Callable[[], float]
    comes_back: Callable[[Address], bool]

    def terms(self, *, allow_removal: bool = False, adopt: bool = False, asked_by: str = "") -> Terms:
        """As it is configured, and as somebody asked for."""
        guard = Guard(self.said.most_removed)
        return Terms(self.source.name, self.others, guard, allow_removal, adopt, asked_by)

    def due(self) -> bool:
        """Whether its time has come."""
        try:
            return self._known().due(self.now(), self.said.every)
        except Unavailable:  # told by whoever else wants the database
            return False

    def take(self) -> None:
        """One round, for the log."""
        outcome = self.ask(self.terms())
        if outcome.synced and outcome.synced.report.touched:
            told = outcome.synced.report
            shared = {"ambiguous": told.ambiguous} if told.ambiguous else {}
            log.info("accounts.synced", source=outcome.source, did=str(told), primaries=told.primaries.count, **shared)
        if why := outcome.unavailable or "; ".join(outcome.refused):
            do = f"nothing was changed; look with `gateway accounts sync {outcome.source} --dry-run`"
            log.warning("accounts.sync-failed", source=outcome.source, why=why, do=do)

    def give_up(self) -> None:
        """End soon."""
        self.source.give_up()

    def ask(self, terms: Terms, *, dry_run: bool = False) -> Outcome:
        """One round. Nothing is raised that can be expected."""
        name = self.source.name
        try:
            before = self._known()
            outcome = self._made(terms, before, dry_run=dry_run)
            if not dry_run and outcome.synced is None:
                self._written(before, outcome)
        except Unavailable as fault:
            return Outcome(name, unavailable=str(fault))
        return outcome

    def _made(self, terms: Terms, before: Known, *, dry_run: bool) -> Outcome:
        name = self.source.name
        try:
            answer = self.source.fetch("" if dry_run or terms.adopt else before.digest)
            if answer is None:
                return Outcome(name)
            answer = replace(answer, entries=of_others(answer.entries, self.comes_back))
            now = self.now()
            next_at = next_round(now, self.said.every, self.chance(), failed=False)
            synced = store.sync(self.database, answer, terms, before, now=now, next_at=next_at, dry_run=dry_run)
            return Outcome(name, synced)
        except RosterRefused as fault:
            return Outcome(name, refused=tuple(fault.lines()))
        except Superseded:
            raise
        except Unavailable as fault:
            return Outcome(name, unavailable=str(fault))

    def _written(self, before: Known, outcome: Outcome) -> None:
        """How a round ended that changed nothing."""
        now, error = self.now(), outcome.unavailable or "; ".join(outcome.refused)
        after = replace(
            before,
            succeeded_at=before.succeeded_at if error else now,
            next_at=next_round(now, self.said.every, self.chance(), failed=bool(error)),
            error=error[:CHARACTERS],
        )
        self.database.write(partial(store.looked, name=self.source.name, before=before, now=now, after=after))

    def _known(self) -> Known:
        return self.database.read(partial(store.known, name=self.source.name))


def rounds(config: Config, database: Database) -> list[Round]:
    """One for each source. Raises ConfigError where one could never be asked."""
    said = config.accounts.sources
    names = frozenset(one.name for one in said)
    made = ((source(config, one), one) for one in said)
    ours = config.served.comes_back
    return [Round(by, one, names - {one.name}, database, fresh.now, fresh.chance, ours) for by, one in made]


def source(config: Config, one: AccountSource) -> Source:
    """A source, not asked yet. Raises ConfigError where what it stands on is not here."""
    try:
        if one.sql:
            return Sql(_sql(config, one, one.sql))
        if one.ldap:
            return _ldap(config, one, one.ldap)
    except ValueError as fault:
        raise ConfigError(Problem(str(config.path), 0, f"accounts.sources {one.name}", str(fault))) from fault
    path, oldest = (one.file.path, one.file.oldest) if one.file else (Path(), None)
    return FileSource(one.name, path, oldest, _folder(config), fresh.now)


def _sql(config: Config, one: AccountSource, said: SqlSource) -> SqlSettings:
    return SqlSettings(
        name=one.name,
        url=said.url,
        query=said.query,
        secondary_query=said.secondary_query or "",
        services_query=said.services_query or "",
        seconds=one.timeout.total_seconds(),
        password=partial(opening.secret, said.password_file),
        folder=_folder(config),
    )


def _ldap(config: Config, one: AccountSource, said: LdapSource) -> Source:
    try:
        from gateway.sources.ldap import Ldap, LdapSettings  # noqa: PLC0415 - an extra, that only a directory needs
    except ModuleNotFoundError as fault:
        raise ValueError("ldap wants the extra: pip install mail-gateway[ldap]") from fault
    return Ldap(
        LdapSettings(
            name=one.name,
            host=said.host,
            port=said.port,
            tls=said.tls,
            ca_file=said.ca_file,
            bind_dn=said.bind_dn or "",
            password=partial(opening.secret, said.password_file),
            base=said.base,
            filter=said.filter,
            attributes={str(key): name for key, name in said.attributes.items()},
            defaults={str(key): word for key, word in said.defaults.items()},
            service_kind=said.service_kind or "",
            seconds=one.timeout.total_seconds(),
            folder=_folder(config),
        )
    )


def _folder(config: Config) -> Path:
    """Where answers wait: with what else is for our eyes only."""
    config.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    return config.spool
