"""`tickets` and `outbox`: what staff say, and what became of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gateway import fresh
from gateway.cli import show
from gateway.cli.context import Context, Id, as_json, pass_context, refusals, window, windowed
from gateway.cli.refused import Refused
from gateway.core.account import Account
from gateway.core.reply import Kind, Words
from gateway.core.sniff import mismatch
from gateway.core.ticket import Status
from gateway.store import desk
from gateway.store.outbox import cancel, records, retry

NAME_CHARACTERS = 250
"""Of whom a ticket is given to."""
SHOWN_DIGEST = 12
"""So much of an attachment's sha256 is shown to people."""


@click.group()
def tickets() -> None:
    """The tickets."""


@tickets.command("list")
@windowed
@as_json
@pass_context
def tickets_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:
    """List all tickets, oldest first."""
    columns = ("ref", "account", "status", "queue", "assignee", "subject", "entries", "updated_at")
    context.show(
        lambda connection: desk.records(connection, window(since, limit)),
        columns,
        json_lines=json_lines,
        none="there is no ticket",
    )


@tickets.command("show")
@click.argument("ref")
@as_json
@pass_context
def tickets_show(context: Context, ref: str, json_lines: bool) -> None:
    """Show a ticket with its history."""
    found = context.read(lambda connection: desk.record(connection, ref))
    show.record(found, _page, json_lines=json_lines)


def _page(found: dict[str, Any]) -> Iterable[str]:
    if found["primary_working"] is False:  # R6: staff see it before they write; an enquiry has none
        yield f"! letters to the primary address of {found['account']} come back: `gateway accounts show` tells more"
    yield from show.facts(found, [name for name in found if name not in {"history", "notices", "attempts", "entries"}])
    for entry in found["history"]:
        if entry["folded"]:
            lines = len(entry["text"].splitlines())
            yield f"\n--- {entry['at']}  folded: {entry['by']}, {lines} lines by a program; --json shows them"
            continue
        delivery = f" [{entry['delivery']}]" if entry["delivery"] else ""
        yield f"\n--- {entry['at']}  {entry['kind']}  {entry['by']}{delivery}"
        yield show.quoted(entry["text"])
        yield from map(_attachment, entry["attachments"])
        if entry["quoted"]:
            yield f"[{len(entry['quoted'].splitlines())} quoted lines; --json shows them]"
    for notice in found["notices"]:
        yield f"\n--- {notice['at']}  notice: {notice['kind']} [{notice['delivery']}]"
    for attempt in found["attempts"]:
        yield f"\n--- {attempt['at']}  not let in: {attempt['reason']}  {attempt['author']}  ({attempt['found']})"
        yield f"[message: {attempt['message']}]"


def _attachment(part: dict[str, Any]) -> str:
    kind = "seen before" if part.get("folded") else "attachment"  # entries of older versions do not say
    told = mismatch(part["content_type"], part["sniffed"]) if "sniffed" in part else ""
    words = f"[{kind}: {part['filename']}, {part['content_type']}, {part['size']} octets{told and f'; {told}'}]"
    return f"{words} {part['sha256'][:SHOWN_DIGEST]}"


@tickets.command("attachment")
@click.argument("ref")
@click.argument("sha256")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="A new file, for your eyes only.")
@pass_context
def tickets_attachment(context: Context, ref: str, sha256: str, output: Path | None) -> None:
    """Write an attachment's bytes; SHA256 as `tickets show` has it. No name or type of the mail's is used for it."""
    if output is None and sys.stdout.isatty():  # threats rule 16
        raise Refused("an attachment is never shown on a terminal; name a new file with --output FILE", os.EX_USAGE)
    octets = context.read(lambda connection: desk.attachment(connection, ref, sha256))
    if output is None:
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
        return
    with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - of a descriptor
        file.write(octets)
    click.echo(f"{output}: {len(octets)} octets", err=True)


@tickets.command("reply")
@click.argument("ref")
@pass_context
def tickets_reply(context: Context, ref: str) -> None:
    """Answer with the text on standard input; it goes to the account's primary address."""
    with refusals():
        text = show.read_text()
    wording = _wording(context, Kind.REPLY, text)
    row = context.write(
        lambda connection: desk.reply(
            connection,
            ref,
            text,
            wording,
            row=fresh.new_id(),
            now=fresh.now(),
            by=context.operator,
        ),
    )
    click.echo(f"{row}: due")


@tickets.command("note")
@click.argument("ref")
@pass_context
def tickets_note(context: Context, ref: str) -> None:
    """Write a note that only staff read, from standard input."""
    with refusals():
        text = show.read_text()
    context.write(lambda connection: desk.add_note(connection, ref, text, now=fresh.now(), by=context.operator))
    click.echo(f"{ref}: noted")


@tickets.command("status")
@click.argument("ref")
@click.argument("status", type=click.Choice([status.value for status in Status]))
@pass_context
def tickets_status(context: Context, ref: str, status: str) -> None:
    """Set the status; the customer is told when a ticket is closed."""
    wording = _wording(context, Kind.CLOSED)
    context.write(
        lambda connection: desk.set_status(
            connection,
            ref,
            Status(status),
            wording,
            row=fresh.new_id(),
            now=fresh.now(),
            by=context.operator,
        ),
    )
    click.echo(f"{ref}: {status}")


@tickets.command("assign")
@click.argument("ref")
@click.argument("name")
@pass_context
def tickets_assign(context: Context, ref: str, name: str) -> None:
    """Give the ticket to NAME; to nobody when NAME is empty."""
    if len(name) > NAME_CHARACTERS or not name.isprintable():
        raise Refused(f"a name is one line of at most {NAME_CHARACTERS} characters")
    context.write(lambda connection: desk.assign(connection, ref, name, now=fresh.now(), by=context.operator))
    click.echo(f"{ref}: {name.strip() or 'nobody'}")


def _wording(context: Context, kind: Kind, text: str = "") -> desk.Wording:
    from gateway import build  # noqa: PLC0415 - what reads mail and what we say, for an answer alone

    rules = build.house(context.config)

    def words(account: Account, reference: str, subject: str) -> Words:
        return rules.words(kind, account, reference, subject, text)

    return words


@click.group()
def outbox() -> None:
    """What is to be sent, and what became of it."""


@outbox.command("list")
@windowed
@as_json
@pass_context
def outbox_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:
    """List the outbox, oldest first."""
    columns = ("id", "account", "ticket", "kind", "state", "attempts", "next_attempt_at", "recipient", "status")
    context.show(
        lambda connection: records(connection, window(since, limit)),
        columns,
        json_lines=json_lines,
        none="the outbox is empty",
    )


@outbox.command("retry")
@click.argument("row", type=Id(), metavar="ID")
@pass_context
def outbox_retry(context: Context, row: str) -> None:
    """Try a letter again now."""
    context.write(lambda connection: retry(connection, row, now=fresh.now(), by=context.operator))
    click.echo(f"{row}: due")


@outbox.command("cancel")
@click.argument("row", type=Id(), metavar="ID")
@pass_context
def outbox_cancel(context: Context, row: str) -> None:
    """Never send a letter that is still waiting."""
    context.write(lambda connection: cancel(connection, row, now=fresh.now(), by=context.operator))
    click.echo(f"{row}: cancelled")
