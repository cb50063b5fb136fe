"""A clamd that lies as it is told: on a Unix socket, one thread, one deed a connection, what it was sent kept."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

PATIENCE = 10.0
"""Seconds after which a test that waits for what never comes fails."""


class Script:
    """`with Script(folder, deed) as clamd:` does `deed` with each connection, and hangs up."""

    def __init__(self, folder: Path, deed: Callable[[socket.socket], None]) -> None:
        self.path = str(folder / "clamd")
        self._deed = deed
        self.heard: list[bytes] = []
        self.asked = 0

    def __enter__(self) -> Self:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.path)
        self._listening.listen(64)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.asked += 1
                connection.settimeout(PATIENCE)
                with connection, contextlib.suppress(OSError):
                    self._deed(connection)


def says(reply: bytes) -> Callable[[socket.socket], None]:
    """Hear the whole message, then say `reply`."""

    def deed(connection: socket.socket) -> None:
        whole(connection)
        connection.sendall(reply)

    return deed


def whole(connection: socket.socket) -> bytes:
    """A command, and of INSTREAM all chunks up to the empty one."""
    stream = connection.makefile("rb")
    command = b""
    while not command.endswith(b"\0"):
        command += stream.read(1)
    chunks = []
    while command == b"zINSTREAM\0" and (size := int.from_bytes(stream.read(4), "big")):
        chunks.append(stream.read(size))
    return b"".join(chunks) or command
