"""Many held messages at once: which are meant, how many they are, and each through the same door as one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from gateway.cli import show
from gateway.cli.context import Context
from gateway.cli.refused import Refused
from gateway.core.address import Address, domain_key
from gateway.core.policy import SETTABLE
from gateway.core.reason import Reason
from gateway.ports import Unavailable
from gateway.store.held import Which, found

F = TypeVar("F", bound=Callable[..., Any])


def which_options(command: F) -> F:
    """The options that say which; `which()` reads them."""
    for option in (
        click.option("--for", "held_for", metavar="NAME", default="", help="Held for NAME by a rule."),
        click.option("--domain", metavar="D", default="", help="Whose claimed author has this domain."),
        click.option("--sender", metavar="A", default="", help="Whose claimed author is this address."),
        click.option(
            "--reason",
            type=click.Choice(sorted(one.value for one in SETTABLE)),
            metavar="R",
            help="Held for this reason.",
        ),
    ):
        command = option(command)
    return command


def which(said: dict[str, Any], expiring: datetime | None = None, before: datetime | None = None) -> Which:
    """What the options say. Raises UsageError."""
    try:
        sender = Address.parse(said["sender"]).key if said["sender"] else ""
        domain = domain_key(said["domain"]) if said["domain"] else ""
    except ValueError as fault:
        raise click.UsageError(f"{said['sender'] or said['domain']}: {fault}") from fault
    reason = Reason(said["reason"]) if said["reason"] else None
    return Which(reason, sender, domain, said["held_for"], expiring, before)


def one_or_many(message_id: str | None, meant: Which, *, yes: bool) -> bool:
    """Whether one message is meant. Raises UsageError where it is not clear what is."""
    if message_id is not None and (meant != Which() or yes):
        raise click.UsageError("an ID means one message; leave the other options out")
    if message_id is None and meant == Which():
        raise click.UsageError("which? Give an ID, or --reason, --sender, --domain or --for")
    return message_id is not None


def each(context: Context, meant: Which, act: Callable[[str], str], *, yes: bool) -> int:
    """Count; with `yes` do to each singly what `act` does, which says the outcome. 65 where one stayed as it was.

    One that fails stops no other; what is done stays done.
    """
    messages = context.read(lambda connection: found(connection, meant))
    counts = Counter(reason for _, reason in messages)
    click.echo(f"{len(messages)} held{''.join(f', {number} {reason}' for reason, number in sorted(counts.items()))}")
    if not yes:
        click.echo("nothing was done; add --yes to do it")
        return os.EX_OK
    outcomes: Counter[str] = Counter()
    with show.progress() as progress:
        for message_id, _ in progress.track(messages):
            try:
                outcomes[act(message_id)] += 1
            except (Refused, Unavailable) as fault:
                outcomes[STAYED] += 1
                click.echo(f"gateway: {fault}", err=True)
    for outcome, number in outcomes.most_common():
        click.echo(f"{number} {outcome}")
    return os.EX_DATAERR if outcomes[STAYED] else os.EX_OK


STAYED = "still held"
