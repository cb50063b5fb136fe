"""`ingest`, `explain`, `messages`, `quarantine`, `balance`: what came in and what became of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import click

from gateway import build
from gateway.cli import show
from gateway.cli.context import Context, Id, Moment, Refused, as_json, pass_context, refusals, window, windowed
from gateway.config import Config
from gateway.core.arrival import Arrival, Envelope, Origin, Position
from gateway.core.case import Override
from gateway.core.problem import ConfigError
from gateway.core.reason import Disposition, Reason
from gateway.core.verdict import Defer
from gateway.ingress.path import parse_mail, parse_rcpt
from gateway.ingress.replies import Reply
from gateway.ops import log
from gateway.ports import Receipt, Record
from gateway.receive import Receiver
from gateway.store import book, ledger
from gateway.store import quarantine as held_messages
from gateway.store.database import Database
from gateway.store.schema import WrongSchema

COLUMNS = ("id", "received_at", "author", "subject", "disposition", "reason", "ticket")
HELD_FOR = timedelta(days=30)
"""What `quarantine purge` leaves alone when it is told nothing else."""


@contextmanager
def _receiver(config: Config, database: Database) -> Iterator[Receiver]:
    with closing(build.store(config, database)) as store:
        yield build.receiver(build.house(config, database), store)


def _origin(config: Config, ingress: str | None) -> Origin:
    """A message from a pipe, or, to explain one, as if it had come by a listener from its own peer."""
    if ingress is None or ingress == "pipe":
        return Origin("pipe", Position.BEHIND_MTA, trusted_ids=config.pipe_trusted_ids)
    for one in config.smtp:
        if one.name == ingress:
            trusted = one.trusted_authserv_ids if one.peers else frozenset()
            return Origin(one.name, one.position, trusted_ids=trusted)
    names = ", ".join(["pipe", *(one.name for one in config.smtp)])
    raise Refused(f"no ingress {ingress}; there are {names}", os.EX_USAGE)


def _envelope(reverse: str | None, forward: tuple[str, ...]) -> Envelope | None:
    if reverse is None and not forward:
        return None
    mail = parse_mail(f"FROM:<{(reverse or '').strip('<>')}> SMTPUTF8", extended=True)
    if isinstance(mail, Reply):
        raise Refused(f"--reverse-path {reverse}: not a mailbox (RFC 5321 §4.1.2)", os.EX_USAGE)
    recipients = []
    for one in forward:
        path = parse_rcpt(f"TO:<{one.strip('<>')}>", smtputf8=True)
        if isinstance(path, Reply):
            raise Refused(f"--forward-path {one}: not a mailbox (RFC 5321 §4.1.2)", os.EX_USAGE)
        recipients.append(path)
    return Envelope(mail.reverse_path, tuple(recipients))


def _read(stream: BinaryIO, limit: int) -> bytes:
    raw = stream.read(limit + 1)
    if not raw:
        raise Refused(f"there is no message in {stream.name}")
    if len(raw) > limit:
        raise Refused(f"the message in {stream.name} is over {limit} octets, the limit of `limits.message`")
    return raw


@contextmanager
def _kept_by_the_caller() -> Iterator[None]:
    """What no message is to blame for is 75: an MTA would bounce it for any other code, and to a forged sender (I3)."""
    try:
        yield
    except (ConfigError, WrongSchema, OSError) as fault:
        raise Refused(f"not taken: {fault}; mend that, and it is tried again", os.EX_TEMPFAIL) from fault


@click.command()
@click.option("--reverse-path", metavar="A", help="Who the envelope is from; <> for nobody.")
@click.option("--forward-path", metavar="B", multiple=True, help="Whom the envelope is for; may be repeated.")
@pass_context
def ingest(context: Context, reverse_path: str | None, forward_path: tuple[str, ...]) -> int:
    """Take one message from standard input; 0 only after the commit, 75 when to be tried again."""
    with _kept_by_the_caller():
        log.configure(context.config.log.format)
        with refusals():
            stream = show.standard_input("the message")
        raw = _read(stream, context.config.limits.message)
        envelope = _envelope(reverse_path, forward_path)
        arrival = Arrival(build.new_id(), raw, envelope, _origin(context.config, None), build.now())
        with _receiver(context.config, context.database) as receive:
            receipt: Receipt = asyncio.run(receive(arrival))
    if isinstance(receipt.verdict, Defer):
        raise Refused(f"not taken: {receipt.verdict.detail}; try again", os.EX_TEMPFAIL)
    return os.EX_OK


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--ingress", metavar="NAME", help="As if it had come by this listener; by a pipe when left out.")
@click.option("--reverse-path", metavar="A", help="As if the envelope were from A; <> for nobody.")
@click.option("--forward-path", metavar="B", multiple=True, help="As if the envelope were for B.")
@as_json
@pass_context
def explain(  # noqa: PLR0913, PLR0917 - an option each
    context: Context,
    file: BinaryIO,
    ingress: str | None,
    reverse_path: str | None,
    forward_path: tuple[str, ...],
    json_lines: bool,  # noqa: FBT001 - click's manner
) -> None:
    """Say what would happen to the message in FILE and why, station by station; changes and sends nothing."""
    raw = _read(file, context.config.limits.message)
    origin = _origin(context.config, ingress)
    arrival = Arrival(build.new_id(), raw, _envelope(reverse_path, forward_path), origin, build.now())
    with _receiver(context.config, context.seen) as receive:
        record = asyncio.run(receive.examine(arrival))
    show.record(_explanation(record), _explanation_page, json_lines=json_lines)


def _explanation(record: Record) -> dict[str, Any]:
    opening = record.opening
    return {
        "disposition": record.verdict.disposition.value,
        "reason": record.verdict.reason.value,
        "rule": record.verdict.rule,
        "account": opening.accept.sender.account.code if opening else None,
        "answers_to": str(opening.accept.sender.account.primary) if opening else None,
        "acknowledged": bool(opening and opening.acknowledgement),
        "trace": [list(station) for station in record.trace],
    }


def _explanation_page(found: dict[str, Any]) -> Iterable[str]:
    yield from _stations(found["trace"])
    if found["answers_to"]:
        first = "an acknowledgement and every answer go" if found["acknowledged"] else "every answer goes"
        yield f"{'reply':>8}: {first} to {found['answers_to']}, the primary address, and nowhere else"
    else:
        yield f"{'reply':>8}: nothing is sent to anybody"


def _stations(trace: list[list[str]]) -> Iterable[str]:
    for station, words in trace:
        yield f"{station:>8}: {words}"


@click.group()
def messages() -> None:
    """Every message ever received and what became of it."""


@messages.command("list")
@windowed
@as_json
@pass_context
def messages_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:  # noqa: FBT001 - click's manner
    """List all messages, oldest first."""
    context.read(
        lambda connection: show.records(
            ledger.messages(connection, window(since, limit)),
            COLUMNS,
            json_lines=json_lines,
            none="no message has come in",
        ),
    )


@messages.command("show")
@click.argument("message_id", type=Id(), metavar="ID")
@as_json
@pass_context
def messages_show(context: Context, message_id: str, json_lines: bool) -> None:  # noqa: FBT001 - click's manner
    """Show one message with its trace and evidence."""
    found = context.read(lambda connection: ledger.message(connection, message_id))
    show.record(found, _message_page, json_lines=json_lines)


def _message_page(found: dict[str, Any]) -> Iterable[str]:
    yield from show.facts(found, [name for name in found if name not in {"trace", "evidence", "report"}])
    yield ""
    yield from _stations(found["trace"])


@messages.command("raw")
@click.argument("message_id", type=Id(), metavar="ID")
@pass_context
def messages_raw(context: Context, message_id: str) -> None:
    """Print the bytes exactly as received."""
    sys.stdout.buffer.write(context.read(lambda connection: ledger.octets(connection, message_id)))
    sys.stdout.buffer.flush()


@click.group()
def quarantine() -> None:
    """The held messages."""


@quarantine.command("list")
@windowed
@as_json
@pass_context
def quarantine_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:  # noqa: FBT001 - click's manner
    """List what is held, oldest first."""
    context.read(
        lambda connection: show.records(
            ledger.messages(connection, window(since, limit), held=True),
            COLUMNS,
            json_lines=json_lines,
            none="nothing is held",
        ),
    )


@quarantine.command("show")
@click.argument("message_id", type=Id(), metavar="ID")
@as_json
@pass_context
def quarantine_show(context: Context, message_id: str, json_lines: bool) -> None:  # noqa: FBT001 - click's manner
    """Show a held message with its trace and evidence."""
    context.read(lambda connection: held_messages.held(connection, message_id))
    found = context.read(lambda connection: ledger.message(connection, message_id))
    show.record(found, _message_page, json_lines=json_lines)


@quarantine.command("release")
@click.argument("message_id", type=Id(), metavar="ID")
@click.option("--account", metavar="CODE", help="For which of the accounts that the author is on.")
@pass_context
def quarantine_release(context: Context, message_id: str, account: str | None) -> None:
    """Decide on a held message again, with the reason it is held for taken on by you."""
    held = context.read(lambda connection: held_messages.held(connection, message_id))
    if account is not None:
        context.read(lambda connection: book.by_code(connection, account))
    override = Override(context.operator, held.overrides | {held.reason}, account)
    with _receiver(context.config, context.database) as receive:
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
        again = "release it again to take that on too"
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


@click.command()
@click.option("--since", type=Moment(), metavar="D", help="From 30d, 24h or a date on.")
@as_json
@pass_context
def balance(context: Context, since: datetime | None, json_lines: bool) -> int:  # noqa: FBT001 - click's manner
    """Weigh what was received against what became of it; 1 if it does not add up."""
    found = context.read(lambda connection: ledger.balance(connection, since))
    columns = ("ingress", "day", "received", "accepted", "quarantined", "rejected", "discarded", "failed", "ok")
    show.records(found, columns, json_lines=json_lines, none="nothing was received")
    return 0 if all(row["ok"] for row in found) else 1
