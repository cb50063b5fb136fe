"""Sockets to listen on: bound before anything is served, so that a bad address is known at once."""

from __future__ import annotations

import errno
import socket
import stat
from pathlib import Path


def bind_tcp(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises OSError."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # With IPPROTO_TCP spelt out asyncio sets TCP_NODELAY; without it Nagle costs 40 ms a connection.
    one = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(address)
    except OSError:
        one.close()
        raise
    return one


def bind_unix(path: Path, mode: int) -> socket.socket:
    """A bound Unix socket. What a dead process left is replaced; raises OSError where somebody still answers."""
    _clear(path)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        one.bind(str(path))
        path.chmod(mode)  # nobody can connect before listen()
    except OSError:
        one.close()
        raise
    return one


def file_id(path: Path) -> tuple[int, int]:
    """Which file it is, to know it again. (0, 0) when there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def _clear(path: Path) -> None:
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise FileExistsError(errno.EEXIST, "there is a file of that name, and it is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, "somebody answers on that socket")
