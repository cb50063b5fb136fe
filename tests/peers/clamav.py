"""Debian's clamd: configuration, one signature and socket in a temporary folder, ended by its pid; no network."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import pytest

from e2e.waiting import until

PATTERN = b"THIS-IS-NO-VIRUS-BUT-A-TEST"
SIGNATURE = "Test.Own.UNOFFICIAL"
"""As clamd calls what a database that nobody signed finds."""
STREAM_OCTETS = 1024 * 1024

_CONF = """\
Foreground yes
LocalSocket {home}/clamd
DatabaseDirectory {home}/signatures
StreamMaxLength {longest}
"""


class ClamAV:
    """`with ClamAV() as clamd:` has it running, at the Unix socket `path`."""

    def __enter__(self) -> Self:
        program = shutil.which("clamd", path="/usr/sbin")
        if program is None:
            pytest.fail("clamd is not here: apt-get install clamav-daemon")
        self._folder = tempfile.TemporaryDirectory(prefix="clamd-")
        home = Path(self._folder.name)
        self.path = home / "clamd"
        (home / "signatures").mkdir()
        (home / "signatures/own.ndb").write_text(f"Test.Own:0:*:{PATTERN.hex()}\n")
        (home / "clamd.conf").write_text(_CONF.format(home=home, longest=STREAM_OCTETS))
        with (home / "log").open("wb") as log:
            self._process = subprocess.Popen([program, f"--config-file={home}/clamd.conf"], stdout=log, stderr=log)
        until(lambda: self.path.exists() or self._process.poll() is not None, "clamd")
        if self._process.poll() is not None:
            pytest.fail((home / "log").read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()
