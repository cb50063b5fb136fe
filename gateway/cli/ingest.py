"""`ingest` and `explain`: one message from a pipe or a file, taken in or only looked at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click

from gateway import build, fresh, logbook
from gateway.cli import show
from gateway.cli.context import Context, as_json, pass_context, refusals
from gateway.cli.receiving import receiver
from gateway.cli.refused import Refused
from gateway.config import Config
from gateway.core.arrival import Arrival, Envelope, Origin, Path, Position
from gateway.core.committed import Record
from gateway.core.letter import shown
from gateway.core.problem import ConfigError
from gateway.core.rule import Rule
from gateway.core.ruling import Tried, tried
from gateway.core.verdict import Defer
from gateway.ports import Receipt
from gateway.store.schema import WrongSchema

PATH_CHARACTERS = 512
"""A local part of 256, an @ and a domain of 255: what a listener takes."""


def _origin(config: Config, ingress: str | None) -> Origin:
    """A message from a pipe, or, to explain one, as if it had come by a mailbox, or a listener from its own peer."""
    if ingress is None or ingress == "pipe":
        return Origin("pipe", Position.BEHIND_MTA, trusted_ids=config.pipe_trusted_ids)
    for one in config.smtp:
        if one.name == ingress:
            trusted = one.trusted_authserv_ids if one.peers else frozenset()
            return Origin(one.name, one.position, trusted_ids=trusted)
    for box in config.imap:
        if box.name == ingress:
            return Origin(box.name, Position.BEHIND_MTA, box.host, box.trusted_authserv_ids, box.inside)
    names = ", ".join(["pipe", *(one.name for one in config.smtp), *(one.name for one in config.imap)])
    raise Refused(f"no ingress {ingress}; there are {names}", os.EX_USAGE)


def _envelope(reverse: str | None, forward: tuple[str, ...]) -> Envelope | None:
    if reverse is None and not forward:
        return None
    sender = Path("") if reverse is None else _path(reverse) or None
    return Envelope(sender, tuple(map(_path, forward)))


def _path(text: str) -> Path:
    """A path as the MTA tells it. It has accepted it, and is not contradicted: it would bounce the message."""
    path = os.fsencode(text).decode("utf-8", "replace").strip().removeprefix("<").removesuffix(">")
    return Path(shown(path, PATH_CHARACTERS))


def _read(stream: IO[bytes], limit: int) -> bytes:
    raw = stream.read(limit + 1)
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
        logbook.configure(context.config, make=True)
        with refusals():
            stream = show.standard_input("the message")
        raw = _read(stream, context.config.limits.message)
        envelope = _envelope(reverse_path, forward_path)
        arrival = Arrival(fresh.new_id(), raw, envelope, _origin(context.config, None), fresh.now())
        with receiver(context.config, context.database) as receive:
            receipt: Receipt = asyncio.run(receive(arrival))
    if isinstance(receipt.verdict, Defer):
        raise Refused(f"not taken: {receipt.verdict.detail}; try again", os.EX_TEMPFAIL)
    return os.EX_OK


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, readable=False, allow_dash=True))
@click.option("--ingress", metavar="NAME", help="As if it had come by this listener; by a pipe when left out.")
@click.option("--reverse-path", metavar="A", help="As if the envelope were from A; <> for nobody.")
@click.option("--forward-path", metavar="B", multiple=True, help="As if the envelope were for B.")
@as_json
@pass_context
def explain(  # noqa: PLR0913, PLR0917 - an option each
    context: Context,
    file: str,
    ingress: str | None,
    reverse_path: str | None,
    forward_path: tuple[str, ...],
    json_lines: bool,
) -> None:
    """Say what would happen to the message in FILE and why, station by station; changes and sends nothing."""
    limit = context.config.limits.message
    with click.open_file(file, "rb") as stream:
        raw, name = _read(stream, limit), stream.name
    if not raw:
        raise Refused(f"there is no message in {name}")
    origin = _origin(context.config, ingress)
    arrival = Arrival(fresh.new_id(), raw, _envelope(reverse_path, forward_path), origin, fresh.now())
    with receiver(context.config, context.seen) as receive:
        record = asyncio.run(receive.examine(arrival))
        found = _explanation(record, build.house(context.config).policy.rules)
    show.record(found, _explanation_page, json_lines=json_lines)


def _explanation(record: Record, rules: Sequence[Rule]) -> dict[str, Any]:
    opening = record.opening
    account = opening.accept.account if opening else None
    return {
        "disposition": record.verdict.disposition.value,
        "reason": record.verdict.reason.value,
        "rule": record.verdict.rule,
        "account": account.code if account else None,
        "answers_to": str(account.primary) if account else None,
        "acknowledged": bool(opening and opening.acknowledgement),
        "confirmation": bool(record.question and record.question.reply.account_id),
        "rules": [_tried(one) for one in tried(rules, record.facts)] if record.facts else [],
        "trace": [list(station) for station in record.trace],
    }


def _tried(one: Tried) -> dict[str, Any]:
    return {"rule": one.rule.name, "where": one.rule.where, "held": one.held, "read": dict(one.read)}


def _explanation_page(found: dict[str, Any]) -> Iterable[str]:
    yield from show.stations(found["trace"])
    for one in found["rules"]:
        read = ", ".join(f"{name} = {value}" for name, value in one["read"].items()) or "nothing"
        yield f"{'rule':>8}: {one['where']} {one['rule']} {'holds' if one['held'] else 'does not hold'}: {read}"
    if found["confirmation"]:
        yield f"{'confirm':>8}: the account's primary address is asked, unless it has been asked enough"
    elif found["answers_to"]:
        first = "an acknowledgement and every answer go" if found["acknowledged"] else "every answer goes"
        yield f"{'reply':>8}: {first} to {found['answers_to']}, the primary address, and nowhere else"
    else:
        yield f"{'reply':>8}: nothing is sent to anybody"
