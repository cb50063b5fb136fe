"""Where workers come from: a process of one thread, forked before the daemon has any, that forks them on demand.

To fork a process with threads is not safe, and to start an interpreter anew costs a second and its memory once more.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from gateway.workers.words import framed
from gateway.workers.worker import HELLO

Live = Callable[[socket.socket], None]
"""What a worker does with its wire until the other end is closed."""
BringUp = Callable[[str], Live]
"""How a worker is to live that goes by this digest. Called in the nursery: what it keeps is there for those to come."""

_FIRST_OTHER = 3  # behind standard input, output and error
_BEAR = "bear "
_LONGEST = 128
"""Octets of what is said: a digest, or how a worker has ended."""


@dataclass(frozen=True, slots=True)
class End:
    """A worker has ended. `how` is in words."""

    pid: int
    how: str


class Nursery:
    """The daemon's end of it."""

    def __init__(self, bring_up: BringUp) -> None:
        """Fork. To be called while this process has one thread."""
        self._wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _alone_with(partial(_mother, bring_up), theirs)
        theirs.close()

    def fileno(self) -> int:
        """Readable when there is something to be heard."""
        return self._wire.fileno()

    def bear(self, digest: str) -> socket.socket:
        """The wire to a new worker, that is to go by this. Raises OSError where the nursery has ended."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            socket.send_fds(self._wire, [f"{_BEAR}{digest}".encode()], [theirs.fileno()])
        ours.settimeout(0)
        return ours

    def heard(self) -> End | None:
        """A worker that has ended; None when the nursery itself has."""
        said = self._wire.recv(_LONGEST)
        if not said:
            return None
        pid, status = map(int, said.split())
        return End(pid, _in_words(status))

    def close(self) -> None:
        """The nursery ends, and each worker when its own wire is closed."""
        self._wire.close()
        os.waitpid(self.pid, 0)


def _in_words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit status {code}" if code >= 0 else f"signal {-code} ({signal.Signals(-code).name})"


def _alone_with(live: Live, wire: socket.socket) -> None:
    """In the child: let go of all that is the parent's, go through life, and never return."""
    status = os.EX_SOFTWARE
    try:
        os.closerange(_FIRST_OTHER, wire.fileno())
        os.closerange(wire.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        live(wire)
        status = os.EX_OK
    finally:
        sys.stderr.flush()
        os._exit(status)  # no clean-up of what is the parent's


def _mother(bring_up: BringUp, wire: socket.socket) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # systemd tells all; whoever hangs up the wire decides
    wake, woken = socket.socketpair()
    for one in (wake, woken):
        one.settimeout(0)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    while True:
        readable, _, _ = select.select([wire, wake], [], [])
        if wake in readable:
            wake.recv(_LONGEST)
            _bury(wire)
        if wire in readable:
            said, descriptors, _, _ = socket.recv_fds(wire, _LONGEST, 1)
            if not said:
                return
            if descriptors:  # else there is no room for an open file: whoever asked hears the wire's end, and waits
                _bear(socket.socket(fileno=descriptors[0]), bring_up(said.decode().removeprefix(_BEAR)))


def _bear(wire: socket.socket, live: Live) -> None:
    with wire:
        try:
            child = os.fork()
        except OSError as fault:  # EAGAIN, ENOMEM: those that live go on, and the daemon tries again
            with suppress(OSError):
                wire.sendall(framed(HELLO, f"0 no process for a worker: {fault.strerror}".encode()))
            return
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _alone_with(live, wire)


def _bury(wire: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        wire.send(b"%d %d" % (pid, status))
