"""`run`, `check`, `migrate`: the daemon and what it needs."""

from __future__ import annotations

import os

import click

from gateway import app, build
from gateway.cli.checks import Finding, examine
from gateway.cli.context import Context, pass_context
from gateway.ops import log
from gateway.store import schema


@click.command()
@pass_context
def run(context: Context) -> None:
    """Run the daemon in the foreground; SIGTERM drains, SIGHUP reloads."""
    log.configure(context.config.log.format)
    app.serve(context.config)


@click.command()
@pass_context
def check(context: Context) -> int:
    """Say line by line whether `run` would work; 78 if it would not."""
    bad = False
    for finding in examine(context):
        click.echo(f"{finding.state.ljust(4)}  {finding.what.ljust(10)}  {finding.words}")
        bad = bad or finding.state == Finding.FAIL
    return os.EX_CONFIG if bad else os.EX_OK


@click.command()
@pass_context
def migrate(context: Context) -> None:
    """Bring the database to this version's schema."""
    database = build.open_database(context.config)
    changed = schema.migrate(database, build.now())
    click.echo(f"{database.path}: {'now' if changed else 'already'} at schema {schema.HEAD}")
