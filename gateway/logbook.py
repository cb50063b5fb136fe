"""Logbook: from the configuration to the log of this process, and the key that addresses are hashed with in it.

The key outlives restarts, so that one address has one hash; whoever has it can try addresses, so it is 0600.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from gateway.config import Config
from gateway.core.privacy import Privacy, Redaction
from gateway.core.problem import ConfigError, Problem
from gateway.ops import log

LEAST_OCTETS = 16
MOST_OCTETS = 4096


def configure(config: Config, *, make: bool = False) -> None:
    """Log as it says from here on. Raises ConfigError."""
    log.configure(config.log.format, level=config.log.level, shows=redaction(config, make=make))


def redaction(config: Config, *, make: bool = False) -> Redaction:
    """What the log shows of addresses. With `make` a key that is not there yet is made. Raises ConfigError."""
    said, path = config.log, key_file(config)
    if said.privacy is not Privacy.HASH:
        return Redaction(said.privacy)
    try:
        if make and said.key_file is None and not path.exists():
            _make(path)
        with path.open("rb") as file:
            key = file.read(MOST_OCTETS)
    except FileNotFoundError as fault:
        if said.key_file is None:  # a command before the first start: the hashes are its own, and nobody's else
            return Redaction(said.privacy, secrets.token_bytes(LEAST_OCTETS))
        raise _unusable(config, path, fault.strerror or "") from fault
    except OSError as fault:
        raise _unusable(config, path, fault.strerror or "") from fault
    if len(key.strip()) < LEAST_OCTETS:
        raise _unusable(config, path, f"it holds less than {LEAST_OCTETS} octets")
    return Redaction(said.privacy, key.strip())


def key_file(config: Config) -> Path:
    """Where the key is."""
    return config.log.key_file or config.beside.with_name(f"{config.beside.name}.logkey")


def _make(path: Path) -> None:
    """Whole or not at all; whoever is second takes the first one's."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # threats rule 17
        file.write(secrets.token_hex(32))
    with suppress(FileExistsError):
        path.hardlink_to(beside)
    beside.unlink()


def _unusable(config: Config, path: Path, wrong: str) -> ConfigError:
    return ConfigError(
        Problem(str(config.path), 0, "log.key_file", f"{path}: {wrong}", "let this user read a key there")
    )
