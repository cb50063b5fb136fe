"""Debian packages over this machine's own system, and gone with the test: in a mount namespace, on an overlay of `/`.

MTAs exclude each other, and none of them may take the place of one that is here. Processes and loopback are shared.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

INSTALL_SECONDS = 300

_LAID = """\
set -eu
mount --make-rprivate /
mount -t tmpfs overlay "$1"
mkdir "$1/above" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/above,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
echo laid
read -r _
"""
_INSTALL = """\
set -eu
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
get="apt-get install -yq --no-install-recommends $1"
$get || { apt-get update -q && $get; }
"""


@dataclass
class Overlay:
    """`with Overlay(package, files) as system:` has it installed, and the `files` written; nothing of it is started."""

    package: str
    files: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            pytest.skip("an overlay wants root and util-linux")
        self._folder = tempfile.mkdtemp(prefix="overlay-")
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _LAID, "sh", self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "laid\n":
            _, why = self._holder.communicate()
            Path(self._folder).rmdir()
            pytest.skip(f"this machine mounts no overlay: {why.strip()}")
        try:
            self.run("sh", "-c", _INSTALL, "sh", self.package)
            for path, text in self.files.items():
                self.run("tee", path, stdin=text)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """All mounts go with the last process in the namespace."""
        self._holder.communicate()
        Path(self._folder).rmdir()

    def command(self, *arguments: str) -> list[str]:
        """What runs these inside."""
        return ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", "chroot", f"{self._folder}/root", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run a command inside, to its end; it must succeed. What it printed."""
        done = subprocess.run(
            self.command(*arguments), input=stdin, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a server inside, in the foreground, in a group of its own."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
