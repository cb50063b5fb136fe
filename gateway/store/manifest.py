"""The manifest of a backup: what it holds. The last thing that is written, so that without one nothing looks whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from gateway.store.blob_files import sync

FORMAT = 1
NAME = "manifest.json"
MOST = 16 * 2**20
"""Octets of one; it names what was lost, and little else."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup. `audit`: the hash of the chain's end. `lost`: blobs that were gone or altered before."""

    gateway: str
    made_at: str
    schema: str
    database_sha256: str
    audit: str
    messages: int
    tickets: int
    outbox: int
    blobs: int
    octets: int
    lost: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Make the folder a backup. Raises OSError."""
        half = folder / f"{NAME}.half"
        with half.open("w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, **asdict(self)}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        half.replace(folder / NAME)
        sync(folder)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in a folder. Raises ValueError for a folder that is no backup, OSError."""
        try:
            with (folder / NAME).open(encoding="utf-8") as file:
                said = json.loads(file.read(MOST))
        except FileNotFoundError:
            raise ValueError(f"{folder} has no {NAME}: it is no backup, or one that was not finished") from None
        except ValueError:
            said = None
        if not isinstance(said, dict) or said.pop("format", None) != FORMAT:
            raise ValueError(f"{folder / NAME} is of no backup that this gateway knows")
        kinds = {one.name: str for one in fields(cls)} | dict.fromkeys(_NUMBERS, int) | {"lost": list}
        if said.keys() != kinds.keys() or not all(isinstance(said[name], kind) for name, kind in kinds.items()):
            raise ValueError(f"{folder / NAME} was altered: make another backup")
        return cls(**said | {"lost": tuple(map(str, said["lost"]))})


_NUMBERS = ("messages", "tickets", "outbox", "blobs", "octets")
