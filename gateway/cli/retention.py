"""`retention`: what has been kept long enough goes now, or what would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import click

from gateway import fresh, opening
from gateway.cli import show
from gateway.cli.context import Context, as_json, pass_context
from gateway.cli.finding import Finding
from gateway.config import Config, ConfigError
from gateway.config.policies import load_policies
from gateway.core.retention import Swept
from gateway.ports import Unavailable
from gateway.store import schema
from gateway.store.retention import Sweep
from gateway.store.retention_terms import due
from gateway.store.schema import WrongSchema


@click.group()
def retention() -> None:
    """What is kept, and for how long: `retention:` of the policy."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@as_json
@pass_context
def retention_run(context: Context, dry_run: bool, json_lines: bool) -> None:
    """Let go at once of what the daemon lets go of within the hour."""
    rules, now = load_policies(context.config.policies).retention, fresh.now()
    if dry_run:
        told = context.read(lambda connection: due(connection, rules, now))
    else:
        sweep = Sweep(rules, now, context.operator)
        with show.working("letting go"):
            while sweep.took(context.database.write(sweep)):
                pass
            context.database.read(sweep.look)
            while sweep.took(context.database.write(sweep)):
                pass
        context.database.write(sweep.end)
        context.let_go()
        told = sweep.swept
    show.record(told.record(), lambda _: [_words(told, "would go" if dry_run else "gone")], json_lines=json_lines)
    if not rules.deletes:
        click.echo("gateway: the policy has no `retention:`: only what was given an end by hand or rule goes", err=True)


def examine(config: Config) -> Iterator[Finding]:
    """What would go at the next sweep. What is wrong with policy or database is told by their own checks."""
    path = config.database.path
    if path is not None and not os.access(path, os.R_OK):
        return
    try:
        rules = load_policies(config.policies).retention
        with closing(opening.open_database(config)) as database:
            schema.require(database)
            told = database.read(lambda connection: due(connection, rules, fresh.now()))
    except (ConfigError, Unavailable, WrongSchema):
        return
    kept = "" if rules.deletes else "; the policy has no `retention:`, so that nothing goes by itself"
    yield Finding(Finding.OK, "retention", f"{_words(told, 'would go now')}{kept}")


def _words(swept: Swept, what: str) -> str:
    return f"{what}: {swept}"
