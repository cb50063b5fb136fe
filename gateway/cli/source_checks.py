"""What `check` and `status` say of the sources of accounts: whether each can be asked, and how its last round ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from gateway import syncing
from gateway.cli.finding import Finding
from gateway.config import Config, ConfigError
from gateway.core.problem import Problem
from gateway.core.standing import Standing
from gateway.ports import Unavailable
from gateway.store import roster_owner, sources


def examine(config: Config) -> Iterator[Finding]:
    """One that is away only puts the sync off; what could never be asked keeps `run` from starting."""
    if config.accounts.sources:
        with TemporaryDirectory(prefix="gateway-") as folder:
            yield from _each(config.model_copy(update={"spool": Path(folder)}))


def orphans(config: Config, connection: Connection) -> Iterator[Finding]:
    """After a source was renamed or taken out: nobody says any more when its customers leave, and they still get in."""
    for name, count in roster_owner.orphans(connection, [one.name for one in config.accounts.sources]):
        words = f"{count} are of source {name}, which is not configured: nobody takes them out when they leave"
        right = "`accounts import` the right ones, or `accounts sync --adopt` where another source has them"
        yield Finding(Finding.WARN, "accounts", f"{words}; {right}")


def _each(config: Config) -> Iterator[Finding]:
    for one in config.accounts.sources:
        try:
            roster = syncing.source(config, one).fetch("")
        except ConfigError as fault:
            yield Finding(Finding.FAIL, "accounts", str(fault))
        except Unavailable as fault:
            yield Finding(Finding.WARN, "accounts", f"{fault}; its accounts stay as they are")
        else:
            entries = 0
            problem: Problem | None = None
            for found in roster.entries if roster else ():
                if not isinstance(found, Problem):
                    entries += 1
                elif problem is None:
                    problem = found
            if problem:
                yield Finding(Finding.WARN, "accounts", f"{problem}; its accounts stay as they are")
            else:
                yield Finding(Finding.OK, "accounts", f"source {one.name}: {entries} accounts")


def standings(config: Config, connection: Connection, now: datetime) -> Iterator[tuple[Standing, bool]]:
    """Each as if it were an ingress, and whether its last success is so long ago that it is an alarm."""
    for said in config.accounts.sources:
        one = sources.known(connection, said.name)
        stale = one.stale(now, said.stale_after)
        error = one.error or ("no round has ended well for too long" if stale else "")
        kind = next(kind for kind in ("sql", "file", "ldap") if getattr(said, kind))
        ingress, since = f"accounts {said.name}", one.since or now
        yield Standing(ingress, kind, since, one.succeeded_at, last_error=error, next_try=one.next_at), stale
