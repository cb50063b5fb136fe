"""`policy`: a set of policies is tried on its own cases before it rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gateway.cli import show
from gateway.cli.backtest import policy_backtest
from gateway.cli.context import Context, as_json, pass_context
from gateway.cli.refused import Refused
from gateway.config.cases import load_cases
from gateway.config.policies import load_policies
from gateway.core.trial import Result, Said, never_matched, tried_out

COLUMNS = ("result", "case", "disposition", "reason", "rule", "where")
PASSED, FAILED = "ok", "FAIL"


@click.group()
def policy() -> None:
    """The policies: their own test cases, and what they would have decided."""


policy.add_command(policy_backtest)


@policy.command("test")
@click.argument(
    "directory", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR"
)
@as_json
@pass_context
def policy_test(context: Context, directory: Path | None, json_lines: bool) -> None:
    """Run the cases in the policy files of DIR, or of the configuration; 65 where one fails."""
    directory = directory or context.config.policies
    ruling = load_policies(directory)
    results = tried_out(ruling, load_cases(directory))
    show.records((_record(one) for one in results), COLUMNS, json_lines=json_lines, none=f"{directory} has no cases")
    for one in never_matched(ruling, results):
        click.echo(f"warning: {one.where}: no case reaches the rule {one.name}", err=True)
    failed = [one for one in results if one.differences]
    for line in (line for one in failed for line in difference(one)):
        click.echo(show.plain(line), err=True)
    if failed:
        raise Refused(f"{len(failed)} of {len(results)} cases failed in {directory}")


def _record(one: Result) -> dict[str, Any]:
    return {
        "result": FAILED if one.differences else PASSED,
        "case": one.trial.name,
        "where": one.trial.where,
        **{key: _plain(value) for key, value in one.outcome.items()},
        "differences": [
            {"what": what, "expected": _plain(expected), "got": _plain(got)} for what, expected, got in one.differences
        ],
    }


def difference(one: Result) -> Iterator[str]:
    """Where a case stands and what it shows; then what was expected and what came, a line each."""
    yield f"{one.trial.where}: {one.trial.name}"
    for what, expected, got in one.differences:
        yield f"  - {what}: {_words(expected)}"
        yield f"  + {what}: {_words(got)}"


def _plain(value: Said) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _words(value: Said) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"[{', '.join(value)}]"
