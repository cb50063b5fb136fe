"""`accounts sync`: what the daemon does by itself from time to time, once and at once, and what it would do."""

from __future__ import annotations

import os
from typing import Any

import click

from gateway import syncing
from gateway.cli import roster, show
from gateway.cli.context import Context, as_json, pass_context
from gateway.cli.refused import Refused
from gateway.core.problem import near
from gateway.store.roster_report import Listed, Report
from gateway.syncing import Outcome, Round


@click.command("sync")
@click.argument("name", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--allow-removal", is_flag=True, help="However many accounts lose something by it.")
@click.option("--adopt", is_flag=True, help="Take over accounts of these codes that are kept by hand.")
@as_json
@pass_context
def accounts_sync(  # noqa: PLR0913, PLR0917 - an option each
    context: Context, name: str | None, dry_run: bool, allow_removal: bool, adopt: bool, json_lines: bool
) -> int:
    """Make accounts what the sources say that keep them, or the source NAME: all of it or nothing."""
    if name is None and (allow_removal or adopt):
        raise click.UsageError("of which source? --allow-removal and --adopt want its NAME")
    worst = os.EX_OK
    for one in _meant(context, name, dry_run=dry_run):
        terms = one.terms(allow_removal=allow_removal, adopt=adopt, asked_by=context.operator)
        with show.working(f"asking {one.source.name}"):
            outcome = one.ask(terms, dry_run=dry_run)
        if json_lines:
            show.record(_record(one, outcome, dry_run=dry_run), lambda _: (), json_lines=True)
        else:
            _page(outcome, dry_run=dry_run)
        for line in outcome.refused or ((outcome.unavailable,) if outcome.unavailable else ()):
            click.echo(f"gateway: {show.plain(line)}", err=True)
        worst = max(worst, _code(outcome))
    return worst


def _meant(context: Context, name: str | None, *, dry_run: bool) -> list[Round]:
    names = [one.name for one in context.config.accounts.sources]
    if not names:
        raise Refused("no source is configured: name one under accounts.sources", os.EX_CONFIG)
    if name is not None and name not in names:
        raise click.UsageError(f"no source {name}; {near(name, names)}")
    found = syncing.rounds(context.config, context.seen if dry_run else context.database)
    return [one for one in found if name in {None, one.source.name}]


def _code(outcome: Outcome) -> int:
    if outcome.unavailable:
        return os.EX_TEMPFAIL
    return os.EX_DATAERR if outcome.refused or (outcome.synced and outcome.synced.stopped) else os.EX_OK


def _page(outcome: Outcome, *, dry_run: bool) -> None:
    if outcome.refused or outcome.unavailable:
        click.echo(f"{outcome.source}: nothing was changed")
    elif outcome.synced is None:
        click.echo(f"{outcome.source}: says what it said before")
    else:
        click.echo(f"{outcome.source}: {'would be: ' if dry_run else ''}{outcome.synced.report}")
        roster.told(outcome.synced.report)
        if outcome.synced.stopped:
            click.echo(f"REFUSED would be: {outcome.synced.stopped}")


def _record(one: Round, outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """As published; lists are cut, counts are not."""
    synced = outcome.synced
    report = synced.report if synced else NOTHING
    counts = ("added", "changed", "unchanged", "removed", "closed", "ambiguous")
    return {
        "source": outcome.source,
        "kind": one.source.kind,
        "done": synced is not None and not dry_run,
        **{name: getattr(report, name) for name in counts},
        "gained": [{"address": address, "account": code} for address, code in report.gained.first],
        "lost": [{"address": address, "account": code} for address, code in report.lost.first],
        "primaries": [{"account": code, "old": old, "new": new} for code, old, new in report.primaries.first],
        "error": outcome.unavailable or "; ".join(outcome.refused) or (synced.stopped if synced else ""),
    }


NOTHING = Report(0, 0, 0, 0, 0, Listed((), 0), Listed((), 0), Listed((), 0), 0)
"""Of a source that says what it said before, or that could not be taken at its word."""
