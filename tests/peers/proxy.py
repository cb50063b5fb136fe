"""A TCP proxy on loopback that can be slow, go deaf, or stop before certain words: what networks do to connections."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from e2e.waiting import LOOPBACK, free_port

OCTETS = 64 * 1024


@dataclass
class Proxy:
    """`with Proxy(port) as proxy:` hands on to that port.

    `slow`: seconds before each piece of what the server says. `hold`: the words of the client that are not handed on,
    nor is anything after them. `deafen()`: nothing is handed on any more over what is open, and nobody is told.
    """

    to: int
    slow: float = 0
    hold: bytes = b""
    held: threading.Event = field(default_factory=threading.Event)
    port: int = field(default_factory=free_port)
    opened: int = 0
    _deaf: set[socket.socket] = field(default_factory=set)
    _open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server((LOOPBACK, self.port))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for one in (self._listener, *self._open):
            _close(one)

    def deafen(self) -> None:
        """As a router does that has forgotten a connection."""
        self._deaf = set(self._open)

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((LOOPBACK, self.to))
                self._open += [client, server]
                self.opened += 1
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, target, source is client), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, from_client: bool) -> None:  # noqa: FBT001 - a thread's argument
        with suppress(OSError):  # either side left
            while octets := source.recv(OCTETS):
                if from_client and self.hold and self.hold in octets:
                    self._deaf |= {source, target}
                    self.held.set()
                if not from_client and self.slow:
                    time.sleep(self.slow)
                if source not in self._deaf:
                    target.sendall(octets)
        if source not in self._deaf:
            _close(target)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
