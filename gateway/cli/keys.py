"""`keys`: what tokens are sealed with. The newest key seals, all of them open, and none is ever printed."""

from __future__ import annotations

import click

from gateway import fresh
from gateway.cli.context import NUMBER, Context, as_json, pass_context
from gateway.store import keys as ring


@click.group()
def keys() -> None:
    """The keys that reply addresses, Message-IDs and reverse-paths of our letters are sealed with."""


@keys.command("list")
@as_json
@pass_context
def keys_list(context: Context, json_lines: bool) -> None:
    """List the keys, oldest first: ids and dates, never the keys themselves."""
    context.show(ring.records, ("id", "created_at", "state"), json_lines=json_lines, none="there is no key")


@keys.command("rotate")
@pass_context
def keys_rotate(context: Context) -> None:
    """Add a key, which seals from now on; those before it still open."""
    key_id = context.write(lambda connection: ring.rotate(connection, now=fresh.now(), by=context.operator))
    click.echo(f"key {key_id} seals from now on; those before it still open what they sealed")


@keys.command("retire")
@click.argument("key_id", type=NUMBER, metavar="ID")
@pass_context
def keys_retire(context: Context, key_id: int) -> None:
    """Destroy a key, for good: what it sealed opens nothing any more."""
    gone = context.write(lambda connection: ring.retire(connection, key_id, now=fresh.now(), by=context.operator))
    click.echo(
        f"key {key_id} is gone. Of letters sent from {gone.since} to {gone.until} replies find their ticket no more by "
        "address or References, only by the tag in the subject, and delivery reports are no longer counted",
    )
