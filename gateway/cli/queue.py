"""`queue`: the outbox in the form that mail administrators know, as `mailq` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from gateway.cli import show
from gateway.cli.context import Context, as_json, pass_context
from gateway.core.times import moment
from gateway.store import waiting

HEADER = "----Queue ID------ --Size-- ----Arrival Time---- -Sender/Recipient-------"
_INDENT = " " * 48
_KBYTE = 1024


@click.command()
@as_json
@pass_context
def queue(context: Context, json_lines: bool) -> None:
    """List the letters that wait to be sent, in the form of mailq, with why each was put off."""
    found = context.read(lambda connection: list(waiting.letters(connection)))
    if json_lines:
        show.records(found, (), json_lines=True, none="")
        return
    for line in page(found, str(context.config.letterhead.bounces)):
        click.echo(show.plain(line))


def page(found: list[dict[str, Any]], sender: str) -> Iterator[str]:
    """Each with its sender, in brackets why it was put off, and its recipient; at the end how many there are."""
    if not found:
        yield "Mail queue is empty"
        return
    yield HEADER
    for one in found:
        yield f"{one['id']:<18} {one['size']:>8} {moment(one['created_at']):%a %b %d %H:%M:%S}  {sender}"
        if one["state"] == "deferred":
            yield f"({show.cell(one['status']) if one['status'] else 'put off'})".rjust(78)
        yield f"{_INDENT}{one['recipient'] or 'nobody: the account has no primary address'}"
        yield ""
    size = -(-sum(one["size"] for one in found) // _KBYTE)
    yield f"-- {size} Kbytes in {len(found)} Request{'s' if len(found) != 1 else ''}."
