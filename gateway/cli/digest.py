"""`quarantine digest`: what is held, as a text that a timer can hand to operators. Nothing is mailed from here (I5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from gateway import fresh
from gateway.cli import show
from gateway.cli.context import Context, Moment, as_json, pass_context
from gateway.core.letter import shown
from gateway.store.held import SOON, digest

DETAIL = 160
"""Characters of why a message is held."""


@click.command("digest")
@click.option("--since", type=Moment(), metavar="D", default="1d", help="What came since D is told singly; 1d.")
@as_json
@pass_context
def quarantine_digest(context: Context, since: datetime, json_lines: bool) -> None:
    """Tell operators what is held and why, what is new, and what expires soon. Nothing is mailed to anybody."""
    found_now = context.read(lambda connection: list(digest(connection, since, fresh.now())))
    if json_lines:
        show.records(found_now, (), json_lines=True, none="")
        return
    for line in digest_page(found_now):
        click.echo(show.plain(line))


def digest_page(reasons: list[dict[str, Any]]) -> Iterator[str]:
    """For people, a line of others' words never longer than one of ours (threats rule 16)."""
    if not reasons:
        yield "Nothing is held."
    for one in reasons:
        soon = f", {one['expiring']} expire within {SOON.days} days" if one["expiring"] else ""
        yield f"{one['reason']}: {one['held']} held, {one['since']} new{soon}"
        for mail in one["newest"]:
            hint = f" (account {mail['account']})" if mail["account"] else ""
            yield f"  {mail['id']}  {shown(mail['author'] or 'no author')}{hint}: {shown(mail['subject'])}"
            until = f"; until {mail['expires_at'][:10]}" if mail["expires_at"] else ""
            yield f"    {shown(mail['detail'], DETAIL)}{until}"
    if reasons:
        yield ""
        yield "gateway quarantine show ID | release ID [--account CODE] | reject ID; --reason R for all of one reason"
