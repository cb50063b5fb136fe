"""`why`: what became of a mail, found by whatever somebody has of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection

from gateway import fresh
from gateway.cli import show
from gateway.cli.context import Context, Moment, as_json, pass_context, refusals
from gateway.cli.messages import COLUMNS
from gateway.cli.refused import Refused
from gateway.core.wanted import Wanted, wanted
from gateway.store import desk, finding, ledger, story
from gateway.store import tables as t
from gateway.store.finding import Found
from gateway.store.listing import Window

LISTED = 10
"""So many are listed where no other number is said."""


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--since", type=Moment(), metavar="D", help="From 30d, 24h or a date on.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=LISTED, metavar="N", help="The newest N, of several; 10."
)
@as_json
@pass_context
def why(context: Context, words: tuple[str, ...], since: datetime | None, limit: int, json_lines: bool) -> None:
    """Say what became of a mail, found by WORDS: an id, address, ticket, account, subject or day."""
    now = fresh.now()
    with refusals():
        looked_for = wanted(words, now, since)
    config = context.config
    look = finding.Look(now, limit, config.hostname, frozenset(one.domain for one in config.addresses))
    found, records = context.read(lambda connection: _told(connection, finding.find(connection, looked_for, look)))
    _refuse_nothing(looked_for, found)
    if json_lines:
        show.records(records, (), json_lines=True, none="")
    elif "story" in records[0]:
        for line in _page(records[0]):
            click.echo(show.plain(line))
    else:
        show.records(records, COLUMNS, json_lines=False, none="")
    if "story" not in records[0] or found.stopped:
        click.echo(f"gateway: {_hint(found, len(records))}", err=True)


def _told(connection: Connection, found: Found) -> tuple[Found, list[dict[str, Any]]]:
    """One with its story, or the list; in one look, so that they are of one moment."""
    if found.ticket:
        record = desk.record(connection, found.ticket)
        kept = {name: value for name, value in record.items() if name not in {"history", "notices", "attempts"}}
        return found, [{**kept, "story": _events(story.of_ticket(connection, found.ticket))}]
    records = list(ledger.messages(connection, Window(), t.message.c.id.in_(found.messages)))[::-1]
    if len(records) == 1 and not found.more:
        records[0]["story"] = _events(story.of_message(connection, records[0]["id"]))
    return found, records


def _events(told: list[story.Event]) -> list[dict[str, str]]:
    return [asdict(one) for one in told]


def _page(record: dict[str, Any]) -> Iterator[str]:
    """When, what, and in words; the moment of several things is said once."""
    told, before = record["story"], ""
    width = max(len(one["what"]) for one in told)
    for one in told:
        at = f"{one['at'][:10]} {one['at'][11:19]}"
        named = f"  [{one['id']}]" if one["id"] and one["id"] not in one["words"] else ""
        yield f"{at if at != before else '':19}  {one['what']:>{width}}  {one['words']}{named}"
        before = at


def _refuse_nothing(looked_for: Wanted, found: Found) -> None:
    """Raises Refused where nothing was found."""
    if found.ticket or found.messages:
        return
    if found.stopped:
        words = f"nothing was found with {looked_for} since {found.stopped:%Y-%m-%d %H:%M}"
        more = f"stopped after {finding.SECONDS:g} s; narrow it by a day or --since"
        raise Refused(f"{words}; {more}", os.EX_TEMPFAIL)
    words = f"nothing came in with {looked_for}; what was refused in the dialogue (no such recipient, too large) is in"
    more = "the log as smtp.refused; what the border refused or holds is in its own log and queue (`mailq`)"
    raise Refused(f"{words} {more}")


def _hint(found: Found, number: int) -> str:
    stopped = f"stopped after {finding.SECONDS:g} s at {found.stopped:%Y-%m-%d %H:%M}; " if found.stopped else ""
    many = "and there are more; " if found.more else ""
    return f"{stopped}{number} found, {many}add a day or a word, or name one: `gateway why ID`"
