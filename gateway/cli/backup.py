"""`backup` and `restore`: all that the gateway has, of one moment, while it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from gateway import fresh, lock, opening
from gateway.cli import show
from gateway.cli.context import Context, as_json, pass_context, refusals
from gateway.cli.refused import Refused
from gateway.store import backup as copies
from gateway.store.manifest import Manifest

MIB = 2**20
POSTGRESQL = """\
the database is PostgreSQL's: `pg_dump -Fc` first, then copy the blobs; `pg_restore` after them: docs/operating.md"""

_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False, readable=False), metavar="FOLDER")


@click.command()
@_FOLDER
@as_json
@pass_context
def backup(context: Context, folder: Path, json_lines: bool) -> int:
    """Copy everything into FOLDER, which is new or empty; the daemon may run."""
    _sqlite(context)
    with refusals(), show.working("copying"):
        made = copies.backup(context.present, folder.absolute(), fresh.now())
    if not made.lost:
        with suppress(OSError):  # the backup is whole all the same; the metric tells of the one before
            opening.backup_mark(context.config).touch(mode=0o600)
    show.record(asdict(made), lambda _: _told(folder, made), json_lines=json_lines)
    return os.EX_DATAERR if made.lost else os.EX_OK


@click.command()
@_FOLDER
@as_json
@pass_context
def restore(context: Context, folder: Path, json_lines: bool) -> None:
    """Put a backup where the configuration says; there must be no database yet. Verified before it is in place."""
    path, outside = _sqlite(context), opening.outside(context.config)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with refusals(), lock.alone(path), show.working("restoring"):
        made = copies.restore(folder.absolute(), path, outside, fresh.now())
    show.record(asdict(made), lambda _: _told(path, made), json_lines=json_lines)


def _sqlite(context: Context) -> Path:
    path = context.config.database.path
    if path is None:
        raise Refused(POSTGRESQL, os.EX_USAGE)
    return path


def _told(where: Path, made: Manifest) -> Iterator[str]:
    counts = f"{made.messages} messages, {made.tickets} tickets, {made.outbox} letters"
    yield f"{where}: {counts}, {made.blobs} blobs of {made.octets / MIB:.0f} MiB, as of {made.made_at}"
    if made.lost:
        yield f"LOST before that, gone or altered outside the database: {len(made.lost)} blobs"
        yield from (f"  {name}" for name in made.lost)
