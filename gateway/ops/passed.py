"""Passed: sockets that systemd has bound for us (sd_listen_fds(3)), each for the one part that it is meant for.

One with a FileDescriptorName belongs to what has that name in the configuration, any other to what listens at its
address. What is passed stays systemd's: it is never unlinked, and whoever connects while we are away waits for us.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FIRST = 3
"""SD_LISTEN_FDS_START: behind standard input, output and error."""
MOST = 64
"""Of sockets, whatever $LISTEN_FDS says."""
_UNNAMED = ("", "unknown", "connection", "stored")
"""What systemd calls one to which nobody gave a name; or it is the name of the unit, which has a dot in it."""

Where = tuple[str, int] | str
"""Host and port, or the path of a Unix socket."""


@dataclass(frozen=True, slots=True)
class _One:
    name: str
    socket: socket.socket

    @property
    def where(self) -> Where:
        address = self.socket.getsockname()
        return str(address) if self.socket.family == socket.AF_UNIX else (address[0], address[1])

    def meant_for(self, name: str, where: Where) -> bool:
        if not self.listens:
            return False
        if self.name not in _UNNAMED and "." not in self.name:
            return self.name == name
        return self.where == _found(where)

    @property
    def listens(self) -> bool:
        accepts = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return bool(accepts) and self.socket.type == socket.SOCK_STREAM

    def __str__(self) -> str:
        match self.where:
            case str(path):
                where = f"unix:{path}"
            case host, port:
                where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return (
            f"{where} ({self.name or 'no name'})" if self.listens else f"{where} ({self.name}), which takes no streams"
        )


class Passed:
    """Of this process, for as long as it lives: a listener that comes back with a reload finds its socket again."""

    def __init__(self, sockets: Iterable[tuple[str, socket.socket]] = ()) -> None:
        self._every = [_One(name, one) for name, one in sockets]

    @classmethod
    def by(cls, environ: Mapping[str, str]) -> Passed:
        """What the environment says. Raises OSError where a descriptor is no socket."""
        number = environ.get("LISTEN_FDS", "")
        if environ.get("LISTEN_PID") != str(os.getpid()) or not number.isdecimal():
            return cls()
        names = [*environ.get("LISTEN_FDNAMES", "").split(":"), *[""] * MOST]
        passed = [socket.socket(fileno=FIRST + at) for at in range(min(int(number), MOST))]
        for one in passed:
            one.set_inheritable(False)
        return cls(zip(names, passed, strict=False))

    def among(self, parts: Mapping[str, tuple[str, Where]]) -> dict[str, socket.socket]:
        """Each for the part that it is meant for: by its key, given its name and where it listens.

        Raises ValueError where one is left over, for whoever connects to it would wait for ever, and OSError.
        """
        given: dict[str, _One] = {}
        for key, (name, where) in parts.items():
            if meant := next((one for one in self._every if one.meant_for(name, where)), None):
                given[key] = meant
        if left := [str(one) for one in self._every if one not in given.values()]:
            raise ValueError(f"systemd has passed {', '.join(left)}, which nothing here is to listen on")
        return {key: one.socket for key, one in given.items()}


def _found(where: Where) -> Where:
    """As getsockname(2) says it, once it is bound. Raises OSError."""
    if isinstance(where, str):
        path = Path(where)
        return str(path.parent.resolve() / path.name)
    found = socket.getaddrinfo(*where, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][4]
    return str(found[0]), int(found[1])
