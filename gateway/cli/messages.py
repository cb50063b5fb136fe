"""`messages` and `balance`: what came in and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from gateway.cli import show
from gateway.cli.context import Context, Id, Moment, as_json, pass_context, window, windowed
from gateway.store import ledger

COLUMNS = ("id", "received_at", "author", "subject", "disposition", "reason", "ticket")


@click.group()
def messages() -> None:
    """Every message ever received and what became of it."""


@messages.command("list")
@windowed
@as_json
@pass_context
def messages_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:
    """List all messages, oldest first."""
    context.show(
        lambda connection: ledger.messages(connection, window(since, limit)),
        COLUMNS,
        json_lines=json_lines,
        none="no message has come in",
    )


@messages.command("show")
@click.argument("message_id", type=Id(), metavar="ID")
@as_json
@pass_context
def messages_show(context: Context, message_id: str, json_lines: bool) -> None:
    """Show one message with its trace and evidence."""
    found = context.read(lambda connection: ledger.message(connection, message_id))
    show.record(found, page, json_lines=json_lines)


def page(found: dict[str, Any]) -> Iterable[str]:
    """One message, for people."""
    yield from show.facts(found, [name for name in found if name not in {"trace", "evidence", "report"}])
    yield ""
    yield from show.stations(found["trace"])


@messages.command("raw")
@click.argument("message_id", type=Id(), metavar="ID")
@pass_context
def messages_raw(context: Context, message_id: str) -> None:
    """Print the bytes exactly as received."""
    sys.stdout.buffer.write(context.read(lambda connection: ledger.octets(connection, message_id)))
    sys.stdout.buffer.flush()


@click.command()
@click.option("--since", type=Moment(), metavar="D", help="From 30d, 24h or a date on.")
@as_json
@pass_context
def balance(context: Context, since: datetime | None, json_lines: bool) -> int:
    """Weigh what was received against what became of it; 1 if it does not add up."""
    found = context.present.read(lambda connection: ledger.balance(connection, since))
    counts = ("received", "accepted", "quarantined", "rejected", "discarded", "failed", "waiting", "stays", "gaps")
    columns = ("ingress", "day", *counts, "ok")
    show.records(found, columns, json_lines=json_lines, none="nothing was received")
    return 0 if all(row["ok"] for row in found) else 1
