"""From the configuration to what any command needs: the open database, octets outside it, secrets in files."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from gateway.config import Config
from gateway.core.problem import ConfigError, Problem
from gateway.ingress.disk import Disk
from gateway.store.blob_files import Files
from gateway.store.blobs import Blobs, Outside
from gateway.store.database import Database

RIGHT_FILE = "put the secret there, alone, in UTF-8, and let this user read it"
"""What would be right of a file that holds one."""


def open_database(config: Config) -> Database:
    """The open database, at whatever schema it is. Raises ConfigError, Unavailable."""
    try:
        return Database(config.database.url, outside(config), secret(config.database_password_file)).open()
    except ValueError as fault:
        raise ConfigError(Problem(str(config.path), 0, "database", str(fault))) from fault
    except OSError as fault:
        wrong = f"{fault.filename}: {fault.strerror}"
        raise ConfigError(Problem(str(config.path), 0, "database_password_file", wrong, RIGHT_FILE)) from fault


def backup_mark(config: Config) -> Path:
    """A file whose time is that of the last whole backup."""
    return config.beside.with_name(f"{config.beside.name}.backup")


def last_backup(config: Config) -> datetime | None:
    """When it was, if there was one."""
    try:
        return datetime.fromtimestamp(backup_mark(config).stat().st_mtime, UTC)
    except OSError:
        return None


def outside(config: Config) -> Outside:
    """Where octets are that are too long for the database. Raises ConfigError."""
    return Outside(_bucket(config) if config.blobs.store == "s3" else Files(config.blob_folder), config.blobs.inline)


def _bucket(config: Config) -> Blobs:
    said = config.blobs
    try:
        from gateway.store.blob_s3 import S3, Bucket  # noqa: PLC0415 - an extra, that only a bucket needs

        keys = secret(said.access_key_file), secret(said.secret_key_file)
    except ImportError as fault:
        right = "pip install 'mail-gateway[s3]'"
        raise ConfigError(Problem(str(config.path), 0, "blobs.store", "s3 wants obstore", right)) from fault
    except OSError as fault:
        wrong = f"{fault.filename}: {fault.strerror}"
        raise ConfigError(Problem(str(config.path), 0, "blobs", wrong, RIGHT_FILE)) from fault
    return S3(Bucket(said.bucket or "", said.prefix or "", said.region, said.endpoint, *keys))


def disk(config: Config) -> Disk:
    """The disks that mail is written to. Raises ConfigError for a spool that cannot be, OSError."""
    try:
        config.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError, PermissionError) as fault:
        wrong = f"{config.spool}: {fault.strerror}"
        raise ConfigError(
            Problem(str(config.path), 0, "spool", wrong, "name a folder where this user writes")
        ) from fault
    database, blobs = config.database.path, config.blob_folder
    folders = {config.spool, nearest(blobs), *([database.parent] if database else [])}  # a put makes what is missing
    return Disk(sorted(folders), config.limits.disk_free, monotonic)


def nearest(path: Path) -> Path:
    """It, or the first folder around it that can be seen; in another user's nothing can."""
    return next(one for one in (path, *path.parents) if os.access(one, os.F_OK))


def secret(path: Path | None) -> str:
    """What a file of one secret holds. Raises OSError; none of what is in the file is in its words."""
    if path is None:
        return ""
    try:
        found = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "is not text in UTF-8", str(path)) from None
    if not found:  # a server would say no more than that it refuses the login
        raise OSError(errno.ENODATA, "is empty", str(path))
    return found
