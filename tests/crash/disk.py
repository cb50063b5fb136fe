"""A small disk of one's own: an ext4 file system in a file, mounted in a namespace that ends with the test."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import Self

import pytest

MIB = 2**20


class SmallDisk:
    """`with SmallDisk(folder, 48) as disk:` has it at folder/disk, for whoever enters its namespace: `within`."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self._image, self._mount = folder / "image", folder / "disk"
        self._mount.mkdir()
        with self._image.open("wb") as image:
            image.truncate(mebibytes * MIB)

    def __enter__(self) -> Self:
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", self._image], check=True, capture_output=True)
        shell = ["unshare", "-m", "bash", "-c", 'while read -r line; do $line; echo "$?"; done']
        self._shell = subprocess.Popen(
            shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if not self.mount():
            self.__exit__()
            pytest.skip("nobody may mount a disk of a file here")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.close()
        self._shell.wait()
        self._shell.stdout.close()

    @property
    def within(self) -> tuple[str, ...]:
        """What a command that is to see it begins with."""
        return ("nsenter", f"--mount=/proc/{self._shell.pid}/ns/mnt", "--")

    @property
    def here(self) -> Path:
        """The same disk for a process that is not in the namespace."""
        return Path(f"/proc/{self._shell.pid}/root{self._mount}")

    def mount(self) -> bool:
        """Whether that could be done."""
        return self._do(f"mount -o loop,errors=remount-ro {self._image} {self._mount}")

    def unmount(self) -> bool:
        """The same; nobody may have a file open on it."""
        return self._do(f"umount {self._mount}")

    def break_down(self) -> bool:
        """From now on nothing can be written, as ext4 does when the device fails (ext4(5), `abort`)."""
        return self._do(f"mount -o remount,abort {self._mount}")

    def fill(self, but: int = 0) -> None:
        """Leave so many octets free, and no more than the file system's own bookkeeping besides."""
        found = os.statvfs(self.here)
        with (self.here / "ballast").open("ab") as ballast:
            try:
                os.posix_fallocate(ballast.fileno(), 0, max(found.f_bavail * found.f_frsize - but, 1))
                while not but:
                    ballast.seek(0, os.SEEK_END)
                    ballast.write(bytes(4096))
                    ballast.flush()
            except OSError as fault:
                if fault.errno != errno.ENOSPC:
                    raise

    def sync(self, name: str) -> None:
        """What was copied there is on it, and not only in memory: that dies with a disk that breaks down."""
        with (self.here / name).open("rb") as file:
            os.fsync(file.fileno())

    def empty(self) -> None:
        """Take that away again."""
        (self.here / "ballast").unlink()

    def _do(self, command: str) -> bool:
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{command}\n")
        self._shell.stdin.flush()
        return self._shell.stdout.readline().strip() == "0"
