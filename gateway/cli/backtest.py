"""`policy backtest`: what another set of policies would have said of stored mail. It looks, and changes nothing."""

from __future__ import annotations

import json
import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click

from gateway import fresh
from gateway.cli import show
from gateway.cli.context import Context, Moment, as_json, pass_context
from gateway.config.policies import load_policies
from gateway.core.policy import FIXED, Policy
from gateway.core.reason import Disposition
from gateway.core.replay import replay
from gateway.core.trial import DEFER
from gateway.store import past
from gateway.store.past import Past

SPOOL = 2**20
"""Octets of flips that wait in memory to be printed by groups; more are in a file without a name."""
REPLAYED, FLIPS = "messages replayed", "would end otherwise"
UNRULED, RELEASED, UNKNOWN = "not for policies to rule", "released by an operator", "without the facts to replay them"


@click.command("backtest")
@click.option("--since", type=Moment(), metavar="D", help="Mail from 30d, 24h or a date on; all when left out.")
@click.option("--fail-on-flip", is_flag=True, help="Exit with 65 where a message would end otherwise.")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@as_json
@pass_context
def policy_backtest(
    context: Context, since: datetime | None, directory: Path, json_lines: bool, fail_on_flip: bool
) -> int:
    """Say which stored messages the policies in DIR would have made something else of; changes nothing."""
    candidate = load_policies(directory)
    if candidate.about != load_policies(context.config.policies).about:
        click.echo("warning: `about` differs; what mail names stays as it was read when it came", err=True)
    counts: Counter[str] = Counter()
    with tempfile.SpooledTemporaryFile(SPOOL) as spool:
        groups = _Groups(spool)
        for flip in _flips(context, candidate, since, counts):
            if json_lines:
                click.echo(show.json_line(flip).encode())
            else:
                groups.add(flip)
        for line in groups.told():
            click.echo(line)
    click.echo(", ".join(f"{counts[what]} {what}" for what in (REPLAYED, FLIPS)), err=json_lines)
    if skipped := "; ".join(f"{counts[why]} {why}" for why in (RELEASED, UNRULED, UNKNOWN) if counts[why]):
        click.echo(f"not replayed: {skipped}", err=json_lines)
    return os.EX_DATAERR if fail_on_flip and counts[FLIPS] else os.EX_OK


def _flips(
    context: Context, candidate: Policy, since: datetime | None, counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Those that would end otherwise, oldest first; `counts` is filled meanwhile."""
    until = fresh.now()  # what comes in while we look is not looked at
    total = context.read(lambda connection: past.count(connection, since, until))
    with show.progress() as progress:
        for one in progress.track(past.messages(context.seen, since, until), total=total, description="replaying"):
            found = _replayed(one, candidate)
            counts[found if isinstance(found, str) else REPLAYED] += 1
            if not isinstance(found, str) and found["disposition"] != one.disposition:
                counts[FLIPS] += 1
                yield {
                    "id": one.id,
                    "received_at": one.received_at,
                    "author": one.author,
                    "subject": one.subject,
                    "was": {"disposition": one.disposition, "reason": one.reason, "rule": one.rule},
                    "would": found,
                }


def _replayed(one: Past, candidate: Policy) -> dict[str, str] | str:
    """What would have become of it, or why that cannot be said."""
    if one.reason in FIXED or one.disposition is Disposition.FAILED:
        return UNRULED
    if one.released:  # what became of it is theirs
        return RELEASED
    would = replay(candidate, one.reason, one.facts)
    if would is None:
        return UNKNOWN
    return {"disposition": would.disposition or DEFER, "reason": would.reason, "rule": would.rule}


class _Groups:
    """Flips by what decided then and now; of each only its place in the spool is in memory."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._places: dict[tuple[str, ...], array[int]] = {}

    def add(self, flip: dict[str, Any]) -> None:
        """Keep it until all are there."""
        key = tuple(flip[when][what] for when in ("was", "would") for what in ("disposition", "rule"))
        self._places.setdefault(key, array("Q")).append(self._spool.tell())
        self._spool.write(json.dumps(flip).encode() + b"\n")

    def told(self) -> Iterator[str]:
        """Each group with its count, the largest first, and its messages, oldest first."""
        for (was, by, would, rule), places in sorted(self._places.items(), key=lambda group: -len(group[1])):
            yield show.plain(f"{len(places)}: {was} by {by} -> {would} by {rule}")
            for place in places:
                self._spool.seek(place)
                flip = json.loads(self._spool.readline())
                author = show.cell(flip["author"]).ljust(show.WIDTH)
                yield f"  {flip['id']}  {flip['received_at']}  {author}  {show.cell(flip['subject'])}".rstrip()
            yield ""
