"""`migrate --from`: all that another database has, its blobs too, comes into the configured one, and is verified."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway import lock, opening
from gateway.cli import show
from gateway.cli.context import Context, refusals
from gateway.cli.refused import Refused
from gateway.config import Config
from gateway.store import claims, moving
from gateway.store.blob_files import Files
from gateway.store.blobs import Outside
from gateway.store.database import Database


def into(context: Context, url: str) -> None:
    """Neither may be a running gateway's. Raises Refused, ConfigError, Unavailable, WrongSchema."""
    target = opening.open_database(context.config)
    with closing(target), closing(_source(context.config, url)) as source:
        if str(source) == str(target) or (source.path and target.path and source.path.samefile(target.path)):
            raise Refused(f"{source} is the configured database itself; name the one to move from", os.EX_USAGE)
        here = {source.path or context.config.beside, target.path or context.config.beside}
        with ExitStack() as holding:
            for path in here:
                holding.enter_context(lock.alone(path))
            for others in (source.read(claims.running), target.read(claims.running)):
                if others:
                    raise Refused(f"a gateway runs on it: {', '.join(others)}; stop it, then again", os.EX_CONFIG)
            progress = holding.enter_context(show.progress(counted=True))
            holding.enter_context(refusals())
            task = progress.add_task("moving", total=None)
            moved = moving.move(source, target, lambda done, of: progress.update(task, completed=done, total=of))
    told = f"{moved.rows} rows of {moved.tables} tables and {moved.blobs} blobs"
    click.echo(f"{source}: all is in {target} now, and the same: {told}; the audit's head is {moved.audit}")
    for name in moved.lost:
        click.echo(f"LOST before that, gone or altered outside the database: {name}")


def _source(config: Config, url: str) -> Database:
    """Open, and not made where it is not there."""
    try:
        address = make_url(url)
        path = Path(address.database or "").absolute() if address.get_backend_name() == "sqlite" else None
        if address.password is not None:  # who lists processes sees it
            raise Refused("--from: a secret is never a value; libpq finds it: $PGPASSFILE, ~/.pgpass", os.EX_USAGE)
        if path is not None and not path.is_file():
            raise Refused(f"--from: {path}: no such file", os.EX_UNAVAILABLE)
        return Database(url if path is None else f"sqlite:///{path}", _outside(config, path)).open()
    except (ArgumentError, ValueError) as fault:
        raise Refused(f"--from: it is sqlite:///FILE or postgresql://USER@HOST/NAME: {fault}", os.EX_USAGE) from fault


def _outside(config: Config, path: Path | None) -> Outside:
    """Where the source has its blobs: at the configured place, or where that of its name is."""
    if path is None or config.blobs.path is not None:
        return opening.outside(config)
    return Outside(Files(path.with_name(f"{path.name}.blobs")), config.blobs.inline)
