"""`run`, `check`, `migrate`: the daemon and what it needs."""

from __future__ import annotations

import os
import signal
from itertools import chain

import click

from gateway import app, fresh, logbook, opening
from gateway.cli import moving
from gateway.cli.canary import Via, release
from gateway.cli.checks import examine
from gateway.cli.context import Context, pass_context
from gateway.cli.finding import Finding
from gateway.config.nouns import Endpoint
from gateway.store import schema


@click.command()
@pass_context
def run(context: Context) -> None:
    """Run the daemon in the foreground; SIGTERM drains, SIGHUP reloads."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # who asks for a reload by now is heard after the start
    logbook.configure(context.config, make=True)
    app.serve(context.config)


@click.command()
@click.option("--canary", is_flag=True, help="Also send ourselves a forged message through the border.")
@click.option("--via", type=Via(), metavar="HOST:PORT", help="Where the canary enters; else the smarthost.")
@click.option("--wait", type=click.IntRange(1, 600), default=60, metavar="N", help="Seconds for it to arrive; 60.")
@pass_context
def check(context: Context, canary: bool, via: Endpoint | None, wait: int) -> int:
    """Say line by line whether `run` would work; 78 if it would not."""
    if via is not None and not canary:
        raise click.UsageError("--via is where a canary enters; add --canary")
    bad = False
    for finding in chain(examine(context), release(context, via, wait) if canary else ()):
        click.echo(f"{finding.state.ljust(4)}  {finding.what.ljust(10)}  {finding.words}")
        bad = bad or finding.state == Finding.FAIL
    return os.EX_CONFIG if bad else os.EX_OK


@click.command()
@click.option(
    "--from", "url", metavar="URL", help="Move all of another database into the configured one, if it is empty."
)
@pass_context
def migrate(context: Context, url: str | None) -> None:
    """Bring the database to this version's schema."""
    if url is not None:
        moving.into(context, url)
        return
    database = opening.open_database(context.config)
    changed = schema.migrate(database, fresh.now())
    click.echo(f"{database}: {'now' if changed else 'already'} at schema {schema.HEAD}")
