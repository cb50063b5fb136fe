"""`quarantine`: the held messages, judged by people."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import click

from gateway import build
from gateway.cli import show
from gateway.cli.context import (
    Context,
    Id,
    Moment,
    Refused,
    as_json,
    pass_context,
    receiver,
    window,
    windowed,
)
from gateway.cli.messages import COLUMNS, page
from gateway.core.case import Override
from gateway.core.reason import Disposition, Reason
from gateway.core.scan import NOT_SCANNED
from gateway.store import book, ledger
from gateway.store import quarantine as held_messages

HELD_FOR = timedelta(days=30)
"""What `quarantine purge` leaves alone when it is told nothing else."""


@click.group()
def quarantine() -> None:
    """The held messages."""


@quarantine.command("list")
@windowed
@as_json
@pass_context
def quarantine_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:
    """List what is held, oldest first."""
    context.show(
        lambda connection: ledger.messages(connection, window(since, limit), held=True),
        COLUMNS,
        json_lines=json_lines,
        none="nothing is held",
    )


@quarantine.command("show")
@click.argument("message_id", type=Id(), metavar="ID")
@as_json
@pass_context
def quarantine_show(context: Context, message_id: str, json_lines: bool) -> None:
    """Show a held message with its trace and evidence."""
    context.read(lambda connection: held_messages.held(connection, message_id))
    found = context.read(lambda connection: ledger.message(connection, message_id))
    show.record(found, page, json_lines=json_lines)


@quarantine.command("release")
@click.argument("message_id", type=Id(), metavar="ID")
@click.option("--account", metavar="CODE", help="For which of the accounts that the author is on.")
@click.option(
    "--virus", metavar="NAME", default="", help=f"A false alarm's signature, or {NOT_SCANNED}: taken on by you."
)
@pass_context
def quarantine_release(context: Context, message_id: str, account: str | None, virus: str) -> None:
    """Decide on a held message again, with the reason it is held for taken on by you; scanned anew."""
    held = context.read(lambda connection: held_messages.held(connection, message_id))
    if account is not None:
        context.read(lambda connection: book.by_code(connection, account))
    override = Override(context.operator, (held.overrides | {held.reason}) - {Reason.VIRUS}, account, virus)
    with receiver(context.config, context.database) as receive:
        record = asyncio.run(receive.examine(held.arrival, override))
    if record.verdict.disposition is Disposition.QUARANTINE and record.verdict.reason in override.reasons:
        unknown = record.verdict.reason is Reason.UNREGISTERED
        right = "; put it on one with `gateway accounts add-address CODE ADDRESS`" if unknown else ""
        raise Refused(f"{message_id} stays held: {record.verdict.reason}: {record.verdict.detail}{right}")
    limits = build.acknowledgement_limits(context.config)
    recorded = context.write(
        lambda connection: held_messages.release(connection, record, override, limits, build.now()),
    )
    verdict = recorded.verdict
    into = f", ticket {recorded.ticket}" if recorded.ticket else ""
    if verdict.disposition is Disposition.QUARANTINE:
        by_name = f"`--virus {record.case.scan.signature}` with it" if record.case.scan else ""
        again = f"release it again{f', {by_name},' if verdict.reason is Reason.VIRUS else ''} to take that on too"
        raise Refused(f"{message_id} is now held as {verdict.reason}: {verdict.detail}; {again}")
    click.echo(f"{message_id}: {verdict.disposition} ({verdict.reason}){into}")


@quarantine.command("reject")
@click.argument("message_id", type=Id(), metavar="ID")
@pass_context
def quarantine_reject(context: Context, message_id: str) -> None:
    """Refuse a held message for good; nobody is told."""
    context.write(
        lambda connection: held_messages.reject(connection, message_id, now=build.now(), by=context.operator),
    )
    click.echo(f"{message_id}: reject")


@quarantine.command("purge")
@click.option("--before", type=Moment(), metavar="D", help="What was received before D; 30d when left out.")
@pass_context
def quarantine_purge(context: Context, before: datetime | None) -> None:
    """Discard old held messages, their bytes with them."""
    moment = before or build.now() - HELD_FOR
    count = context.write(
        lambda connection: held_messages.purge(connection, moment, now=build.now(), by=context.operator),
    )
    click.echo(f"{count} messages received before {moment:%Y-%m-%d %H:%M} UTC purged")
