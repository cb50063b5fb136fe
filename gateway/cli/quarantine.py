"""`quarantine`: the held messages, judged by people."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import click

from gateway import fresh
from gateway.cli import show
from gateway.cli.bulk import each, one_or_many, which, which_options
from gateway.cli.context import (
    Context,
    Id,
    Moment,
    Within,
    as_json,
    pass_context,
    window,
    windowed,
)
from gateway.cli.digest import quarantine_digest
from gateway.cli.messages import COLUMNS, page
from gateway.cli.refused import Refused
from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.core.committed import Record, Recorded
from gateway.core.reason import Disposition, Reason
from gateway.core.scan import NOT_SCANNED
from gateway.store import book, confirmations, ledger
from gateway.store import quarantine as held_messages
from gateway.store.blobs import put_contents
from gateway.store.held import Which, found
from gateway.store.retention import BATCH

HELD_FOR = timedelta(days=30)
"""What `quarantine purge` leaves alone when it is told nothing else."""


@click.group()
def quarantine() -> None:
    """The held messages."""


quarantine.add_command(quarantine_digest)


@quarantine.command("list")
@which_options
@click.option("--expiring", type=Within(), metavar="D", help="Only what expires within 3d, 12h, or before a date.")
@windowed
@as_json
@pass_context
def quarantine_list(
    context: Context,
    /,
    since: datetime | None,
    limit: int | None,
    json_lines: bool,
    expiring: datetime | None,
    **said: str,
) -> None:
    """List what is held, oldest first."""
    meant = which(said, expiring)
    context.show(
        lambda connection: ledger.messages(connection, window(since, limit), meant.condition),
        (*COLUMNS[:4], "reason", "expires_at"),
        json_lines=json_lines,
        none="nothing is held",
    )


@quarantine.command("show")
@click.argument("message_id", type=Id(), metavar="ID")
@as_json
@pass_context
def quarantine_show(context: Context, message_id: str, json_lines: bool) -> None:
    """Show a held message with its trace and evidence."""
    context.read(lambda connection: held_messages.held_for(connection, message_id))
    found = context.read(lambda connection: ledger.message(connection, message_id))
    found["confirmation"] = context.read(lambda one: confirmations.of_message(one, message_id, fresh.now()))
    show.record(found, page, json_lines=json_lines)


@quarantine.command("release")
@click.argument("message_id", type=Id(), metavar="[ID]", required=False)
@which_options
@click.option("--account", metavar="CODE", help="For which of the accounts that the author is on.")
@click.option(
    "--virus", metavar="NAME", default="", help=f"A false alarm's signature, or {NOT_SCANNED}: taken on by you."
)
@click.option("--yes", is_flag=True, help="Do it to all that are meant; else they are only counted.")
@pass_context
def quarantine_release(
    context: Context, /, message_id: str | None, account: str | None, virus: str, yes: bool, **said: str
) -> int:
    """Decide on held messages again, with the reason each is held for taken on by you; scanned anew."""
    from gateway.cli.receiving import receiver  # noqa: PLC0415 - who lists what is held need not wait for it

    meant = which(said)
    one = one_or_many(message_id, meant, yes=yes)
    if account is not None:
        context.read(lambda connection: book.by_code(connection, account))
    if not one and not yes:
        return each(context, meant, lambda _: "", yes=False)
    with asyncio.Runner() as runner, receiver(context.config, context.database) as receive:

        def release(wanted: str) -> Recorded:
            return _release(context, lambda *what: runner.run(receive.examine(*what)), wanted, account, virus)

        if not one:
            return each(context, meant, lambda wanted: _outcome(release(wanted)), yes=True)
        recorded = release(message_id or "")
    into = f", ticket {recorded.ticket}" if recorded.ticket else ""
    click.echo(f"{message_id}: {_outcome(recorded)}{into}")
    return os.EX_OK


def _outcome(recorded: Recorded) -> str:
    return f"{recorded.verdict.disposition} ({recorded.verdict.reason})"


def _release(
    context: Context, examine: Callable[[Arrival, Override], Record], message_id: str, account: str | None, virus: str
) -> Recorded:
    """Raises Refused where it stays held."""
    from gateway import build  # noqa: PLC0415 - as above

    held = context.read(lambda connection: held_messages.held(connection, message_id))
    override = Override(context.operator, (held.overrides | {held.reason}) - {Reason.VIRUS}, account, virus)
    record = examine(held.arrival, override)
    if record.verdict.disposition is Disposition.QUARANTINE and record.verdict.reason in override.reasons:
        unknown = record.verdict.reason is Reason.UNREGISTERED
        right = "; put it on one with `gateway accounts add-address CODE ADDRESS`" if unknown else ""
        raise Refused(f"{message_id} stays held: {record.verdict.reason}: {record.verdict.detail}{right}")
    limits = build.acknowledgement_limits(context.config)
    if (outside := context.database.outside) is not None:
        record = put_contents(outside, record)
    recorded = context.write(
        lambda connection: held_messages.release(connection, record, override, limits, fresh.now()),
    )
    verdict = recorded.verdict
    if verdict.disposition is Disposition.QUARANTINE:
        by_name = f"`--virus {record.case.scan.signature}` with it" if record.case.scan else ""
        again = f"release it again{f', {by_name},' if verdict.reason is Reason.VIRUS else ''} to take that on too"
        raise Refused(f"{message_id} is now held as {verdict.reason}: {verdict.detail}; {again}")
    return recorded


@quarantine.command("reject")
@click.argument("message_id", type=Id(), metavar="[ID]", required=False)
@which_options
@click.option("--yes", is_flag=True, help="Do it to all that are meant; else they are only counted.")
@pass_context
def quarantine_reject(context: Context, /, message_id: str | None, yes: bool, **said: str) -> int:
    """Refuse held messages for good; nobody is told."""
    meant = which(said)

    def reject(wanted: str) -> str:
        context.write(
            lambda connection: held_messages.reject(connection, wanted, now=fresh.now(), by=context.operator),
        )
        return "reject"

    if not one_or_many(message_id, meant, yes=yes):
        return each(context, meant, reject, yes=yes)
    click.echo(f"{message_id}: {reject(message_id or '')}")
    return os.EX_OK


@quarantine.command("purge")
@click.option("--before", type=Moment(), metavar="D", help="What was received before D; 30d when left out.")
@which_options
@click.option("--yes", is_flag=True, help="With --reason and the like: do it; else they are only counted.")
@pass_context
def quarantine_purge(context: Context, /, before: datetime | None, yes: bool, **said: str) -> int:
    """Discard old held messages, their bytes with them."""
    moment = before or fresh.now() - HELD_FOR
    chosen = which(said) != Which()
    meant = which(said, before=moment)
    ids = [one for one, _ in context.read(lambda connection: found(connection, meant))]
    if chosen and not yes:
        click.echo(f"{len(ids)} held, received before {moment:%Y-%m-%d %H:%M} UTC")
        click.echo("nothing was done; add --yes to do it")
        return os.EX_OK
    count = 0
    for start in range(0, len(ids), BATCH):  # mail that comes in meanwhile waits for one of these at most
        part = ids[start : start + BATCH]
        count += context.write(partial(held_messages.purge, ids=part, now=fresh.now(), by=context.operator))
    context.let_go()
    click.echo(f"{count} messages received before {moment:%Y-%m-%d %H:%M} UTC purged")
    return os.EX_OK
