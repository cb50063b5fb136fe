"""The report of an import or a sync, for people: who gained and who lost access, and whose letters go elsewhere."""

from __future__ import annotations

import click

from gateway.cli import show
from gateway.store.roster_report import Report


def told(report: Report) -> None:
    """A line each; long lists are cut and counted."""
    for words, listed in (("may write now", report.gained), ("may write no longer", report.lost)):
        _changes([f"{address} ({code})" for address, code in listed.first], listed.count, words)
    moved = [f"{code}: {old or 'nobody'} to {new or 'nobody'}" for code, old, new in report.primaries.first]
    _changes(moved, report.primaries.count, "is where letters go now")
    if report.ambiguous:
        click.echo(f"on several accounts, so that mail from it is held: {report.ambiguous} of the addresses")


def _changes(lines: list[str], count: int, words: str) -> None:
    for line in lines:
        click.echo(f"  {show.plain(line)} {words}")
    if count > len(lines):
        click.echo(f"  and {count - len(lines)} more")
