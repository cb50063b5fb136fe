"""A machine with systemd as its process 1, for a trial: namespaces of its own over files that it cannot change.

Wants root, overlayfs and cgroup2. What is written there lies in memory and goes with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

SYSTEMD = "/lib/systemd/systemd"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "LANG": "C.UTF-8"}
SECONDS = 60
"""For one command, and for whatever is waited for."""
NAMESPACES = ("--pid", "--mount", "--cgroup", "--net", "--ipc", "--uts")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


class Machine:
    """`with Machine({path: text}, without) as machine:` has it running, with these files in it and not with those."""

    def __init__(self, files: Mapping[str, str], without: Sequence[str] = ()) -> None:
        self._files = files
        self._without = without
        self._folder = TemporaryDirectory(prefix="machine-")
        self._process: subprocess.Popen[bytes] | None = None
        self._first = ""

    def __enter__(self) -> Self:
        base = Path(self._folder.name)
        for path, text in self._files.items():
            file = base / "files" / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        group = Path("/sys/fs/cgroup/unified" if Path("/sys/fs/cgroup/unified").exists() else "/sys/fs/cgroup")
        self._group = group / base.name
        self._group.mkdir()
        boot = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "unshare",
            *NAMESPACES,
            "--fork",
            "--kill-child",
            "--propagation=private",
            sys.executable,
            __file__,
        ]
        with (base / "console").open("wb") as console:
            self._process = subprocess.Popen(
                [*boot, str(base), str(self._group), *self._without],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        pid = self._process.pid
        try:
            self._first = self.until(lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text().strip(), "process 1")
            self.until(lambda: self.does("systemctl", "is-active", "--quiet", "basic.target"), "systemd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(SECONDS)
        self.until(lambda: "populated 0" in (self._group / "cgroup.events").read_text(), "the end of all processes")
        for one in sorted(self._group.rglob("*/"), reverse=True):
            one.rmdir()
        self._group.rmdir()
        self._folder.cleanup()

    def __call__(self, *command: str, stdin: str = "") -> str:
        """What a command says in there, as root; it must succeed."""
        done = self._run(command, stdin)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def does(self, *command: str) -> bool:
        """Whether it succeeds."""
        return self._run(command, "").returncode == 0

    def shows(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self("systemctl", "show", unit, f"--property={name}", "--value").strip()

    def until(self, fact: Callable[[], object], what: str) -> str:
        """What `fact` says as soon as it is true."""
        deadline = time.monotonic() + SECONDS
        while not (answer := fact()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {SECONDS} s for {what}")
            time.sleep(0.1)
        return str(answer)

    def _run(self, command: tuple[str, ...], stdin: str) -> subprocess.CompletedProcess[str]:
        enter = ("nsenter", "--target", self._first, "--all", "--root", "--wd")
        return subprocess.run(
            [*enter, *command],
            input=stdin,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )


def boot(base: Path, group: Path, *without: str) -> None:
    """In the new namespaces: put the root together, and become process 1 of it."""
    (group / "cgroup.procs").write_text("0")
    root = base / "machine/root"
    mount("tmpfs", base / "machine", make=True)
    for name in ("upper", "work", "root"):
        (base / "machine" / name).mkdir()
    layers = f"lowerdir=/,upperdir={base}/machine/upper,workdir={base}/machine/work"
    mount("overlay", root, "-o", layers)
    for kind, name in (("tmpfs", "run"), ("tmpfs", "tmp"), ("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "dev")):
        mount(kind, root / name, "-o", "mode=1777" if name == "tmp" else "ro" if name == "sys" else "defaults")
    mount("cgroup2", root / "sys/fs/cgroup")
    for name in DEVICES:
        (root / "dev" / name).touch()
        subprocess.run(["mount", "--bind", f"/dev/{name}", root / "dev" / name], check=True)
    mount("devpts", root / "dev/pts", "-o", "newinstance,ptmxmode=666", make=True)
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    mount("tmpfs", root / "dev/shm", make=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    wants = (root / "etc/systemd/system").glob("*.wants")  # nothing of this machine's own is started
    subprocess.run(["rm", "-rf", *wants, *(root / one.removeprefix("/") for one in without)], check=True)
    subprocess.run(["cp", "-r", "--preserve=mode", f"{base}/files/.", root], check=True)
    os.chdir(root)
    subprocess.run(["pivot_root", ".", "mnt"], check=True)  # within a chroot(2) there are no user namespaces
    os.chdir("/")
    subprocess.run(["umount", "--lazy", "/mnt"], check=True)
    subprocess.run(["mount", "--make-rshared", "/"], check=True)  # as on a machine: what a unit is given is seen by it
    os.execve(SYSTEMD, [SYSTEMD, "--unit=basic.target", "--show-status=no"], {**ENVIRONMENT, "container": "trial"})  # noqa: S606 - it becomes that


def mount(kind: str, where: Path, *options: str, make: bool = False) -> None:
    """One file system."""
    if make:
        where.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", kind, *options, kind, where], check=True)


if __name__ == "__main__":
    boot(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
