"""Processes that need not import: a warm one has imported what they want, and each of them is its fork.

A start of Python with all that the gateway stands on is two seconds of work, and the tests start some hundred. A fork
has its own standard streams, folder, environment and end, and is reached by signals like any other process; what it
cannot show is that a fresh interpreter finds everything, which the tests of the wheel and of pipes do.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

REQUEST_OCTETS = 64 * 1024
FILES = 4096
"""Above these a fork inherits no open file: nothing here has as many."""


class Forked:
    """As much of `subprocess.Popen` as the tests use."""

    def __init__(self, report: socket.socket, what: str) -> None:
        self._report, self._what = report, what
        self.returncode: int | None = None
        self.pid = int(report.recv(32) or sys.exit(f"{what}: the warm process is gone"))

    def poll(self) -> int | None:
        """The exit code if it has ended; minus the signal that ended it."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises TimeoutExpired."""
        if self.returncode is None:
            self._report.settimeout(timeout)
            try:
                self.returncode = int(self._report.recv(32) or -signal.SIGKILL)
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(self._what, timeout or 0) from None
            self._report.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """To it, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Warm:
    """The process that is forked. It ends with the one that made it, and takes its forks along."""

    def __init__(self, *modules: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with closing(theirs):
            program = [sys.executable, __file__, str(theirs.fileno()), *modules]
            self._process = subprocess.Popen(
                program, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End it."""
        self._control.close()
        self._process.wait()

    def start(  # noqa: PLR0913 - what a process has
        self,
        call: str,
        arguments: Sequence[str],
        folder: Path,
        *,
        stdin: IO[bytes] | int,
        stdout: IO[bytes] | int,
        stderr: IO[bytes] | int,
        environment: Mapping[str, str] | None = None,
        path: Sequence[str] = (),
    ) -> Forked:
        """A process that exits with what `call`, as `module:function`, returns; `path` goes before where it imports."""
        asked = {"call": call, "arguments": [*arguments], "folder": str(folder), "path": [*path]}
        asked["environment"] = dict(os.environ if environment is None else environment)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with closing(theirs):
            files = [one if isinstance(one, int) else one.fileno() for one in (stdin, stdout, stderr)]
            socket.send_fds(self._control, [json.dumps(asked).encode()], [*files, theirs.fileno()])
        return Forked(ours, f"{call} {' '.join(arguments)}")


def _serve(control: socket.socket) -> Callable[[], Any]:
    """Fork for whoever asks. Returns in the forks only, with what each is to do."""
    ready, running = select.poll(), {}
    ready.register(control, select.POLLIN)
    while True:
        for file, _ in ready.poll():
            if file != control.fileno():
                ready.unregister(file)
                pid, report = running.pop(file)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with suppress(OSError):  # nobody waits for it any more
                    os.write(report, str(code).encode())
                os.close(report)
                os.close(file)
                continue
            asked, files, *_ = socket.recv_fds(control, REQUEST_OCTETS, 4)
            if not asked:
                for pid, _ in running.values():
                    os.kill(pid, signal.SIGKILL)
                sys.exit()
            pid = os.fork()
            if pid == 0:
                control.detach()
                return _become(json.loads(asked), files)
            *streams, report = files
            for stream in streams:
                os.close(stream)
            os.write(report, str(pid).encode())
            ended = os.pidfd_open(pid)
            running[ended] = pid, report
            ready.register(ended, select.POLLIN)


def _become(asked: dict[str, Any], files: Sequence[int]) -> Callable[[], Any]:
    """Make this process what was asked for."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, FILES)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.path[:0] = asked["path"]
    module, _, function = asked["call"].partition(":")
    sys.argv = [module, *asked["arguments"]]
    return getattr(import_module(module), function)


if __name__ == "__main__":
    del sys.path[0]  # the folder of the tests
    for _module in sys.argv[2:]:
        import_module(_module)
    gc.freeze()
    sys.exit(_serve(socket.socket(fileno=int(sys.argv[1])))())
