"""`pseudonym`: how the log writes an address, so that it can be looked for there."""

from __future__ import annotations

import click

from gateway import logbook
from gateway.cli.context import Context, pass_context
from gateway.cli.refused import Refused
from gateway.core.privacy import Privacy


@click.command()
@click.argument("words", nargs=-1, required=True)
@pass_context
def pseudonym(context: Context, words: tuple[str, ...]) -> None:
    """Say how the log writes WORDS: with `log.privacy: hash`, what an address or Message-ID is found by."""
    path = logbook.key_file(context.config)
    if context.config.log.privacy is Privacy.HASH and not path.exists():
        raise Refused(f"{path} is not there yet: the daemon makes it at its first start with this configuration")
    shows = logbook.redaction(context.config)
    for one in words:
        click.echo(shows(one.strip("<>")))
