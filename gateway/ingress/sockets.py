"""Sockets that listen before anything is served: a bad address is known at once, and who connects by then waits."""

from __future__ import annotations

import errno
import socket
import stat
from pathlib import Path

BACKLOG = 512


def bind_tcp(host: str, port: int) -> socket.socket:
    """A TCP socket that listens, of IPv6 for IPv6 alone. Raises OSError, also where another overlaps with it."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # With IPPROTO_TCP spelt out asyncio sets TCP_NODELAY; without it Nagle costs 40 ms a connection.
    one = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # 0.0.0.0 may stand beside ::
        one.bind(address)
        one.listen(BACKLOG)  # with SO_REUSEADDR the kernel tells only now that 127.0.0.1 is within 0.0.0.0
    except OSError:
        one.close()
        raise
    return one


def bind_unix(path: Path, mode: int) -> socket.socket:
    """A Unix socket that listens. What a dead process left is replaced; raises OSError where somebody still answers."""
    _clear(path)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        one.bind(str(path))
        path.chmod(mode)  # nobody can connect before listen()
        one.listen(BACKLOG)
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
