"""What `gateway check` says of files and folders: whether this user alone can use them, and of their disks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from gateway import opening
from gateway.cli.finding import Finding
from gateway.config import Config
from gateway.ingress.disk import Disk


def folder(what: str, path: Path) -> Iterator[Finding]:
    """`run` makes a folder that is missing; whether it could, without making it."""
    there = opening.nearest(path)
    if not there.is_dir():
        yield Finding(Finding.FAIL, what, f"{there} is no directory; name another one in {what}")
    elif not os.access(there, os.W_OK | os.X_OK):
        yield Finding(Finding.FAIL, what, f"{there} cannot be written by this user; let it, or name another one")
    elif there == path and what == "spool":
        yield from private(what, path)


def room(config: Config) -> Iterator[Finding]:
    """Whether mail could be written, as the daemon looks; but that nothing is made for it."""
    folders = {config.spool, config.blob_folder, *([config.database.path.parent] if config.database.path else [])}
    if trouble := Disk(sorted({opening.nearest(one) for one in folders}), config.limits.disk_free, monotonic).trouble():
        yield Finding(Finding.WARN, "disk", f"{trouble}; make room, or lower limits.disk_free")


def secrets(config: Config) -> Iterator[Finding]:
    """Each file that holds one."""
    passwords = [
        config.database_password_file,
        config.outbound.password_file,
        *(one.password_file for one in config.imap),
        *(one.password_file for one in config.accounts.sources),
    ]
    passwords += [path for one in config.oauth2.values() for path in one.secret_files]
    files = [*passwords, *config.blobs.secret_files, *(one.tls.key_file for one in config.smtp if one.tls)]
    for path in dict.fromkeys(filter(None, files)):
        yield from private("secret", path)


def private(what: str, path: Path) -> Iterator[Finding]:
    """Threats rule 17: database, spool and secrets are for our eyes only."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as fault:
        yield Finding(Finding.FAIL, what, f"{path}: {fault.strerror}")
        return
    if what == "secret" and not path.is_file():
        yield Finding(Finding.FAIL, what, f"{path} is no file; {opening.RIGHT_FILE}")
        return
    right = "chmod 700" if path.is_dir() else "chmod 600"
    if mode & 0o077:
        yield Finding(Finding.WARN, what, f"{path} may be read by others ({mode:04o}); {right} it")
    if not os.access(path, os.R_OK):
        yield Finding(Finding.FAIL, what, f"{path} cannot be read by this user")
