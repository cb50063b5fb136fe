"""What `check` says of octets outside the database: whether they can be put there, and whether what rows need is there.

Names and sizes are looked at; that the octets are as they were, `gateway backup` finds, and whoever reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from gateway import opening
from gateway.cli.finding import Finding
from gateway.config import Config, ConfigError
from gateway.core.remedies import with_remedy
from gateway.ports import Unavailable
from gateway.store import blobs, schema
from gateway.store.blob_sweep import PREFIXES
from gateway.store.schema import WrongSchema

NAMED = 3
"""So many of what is missing are named; `gateway backup` lists all."""


def examine(config: Config, now: datetime) -> Iterator[Finding]:
    """A folder that cannot be written defers long mail; what is missing no one but a backup brings back."""
    if unwritable := _unwritable(config):
        words = (
            f"{unwritable} cannot be written by this user: what is over {config.blobs.inline} octets is put off (451)"
        )
        yield Finding(Finding.FAIL, "blobs", words)
        return
    path = config.database.path
    if path is not None and not os.access(path, os.R_OK):
        return
    try:
        with closing(opening.open_database(config)) as database:
            schema.require(database)
            wanted = {one.name: one for one in database.read(lambda connection: list(blobs.referred(connection)))}
            outside = database.outside
    except (ConfigError, Unavailable, WrongSchema):  # told by the database's own check
        return
    if outside is None:
        return
    try:
        there_are = {one.name: one.size for prefix in PREFIXES for one in outside.blobs.found(prefix, now)}
    except Unavailable as fault:
        yield Finding(Finding.FAIL, "blobs", with_remedy(str(fault)))
        return
    yield _weighed(wanted, there_are)


def _unwritable(config: Config) -> Path | None:
    folder = config.blob_folder
    there = opening.nearest(folder)
    usable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return None if usable or config.blobs.store == "s3" else there


def _weighed(wanted: dict[str, blobs.Referred], there: dict[str, int]) -> Finding:
    lost = [one for one in wanted.values() if there.get(one.name) != one.size]
    if lost:
        named = ", ".join(one.of for one in lost[:NAMED])
        words = f"{len(lost)} of {len(wanted)} are gone or cut off, of {named}; bring them back from a backup"
        return Finding(Finding.FAIL, "blobs", words)
    return Finding(Finding.OK, "blobs", f"{len(wanted)} outside the database, all there")
