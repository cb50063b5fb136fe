"""A Debian 12 of our own in a folder, booted: made by debootstrap from the mirror that this machine's apt uses.

What it needs of the network is fetched before; booted, it has nothing but the loopback of whoever boots it, and all its
processes end with the first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from e2e.waiting import until

CODENAME = "bookworm"
PACKAGES = "/srv"
"""Where ours lie in it."""
PEERS = ("postfix", "postgresql")
HOSTNAME = "mx.example.it"
SECONDS = 900
"""For one command."""
BOOT_SECONDS = 120
GROUPS = [f"/sys/fs/cgroup/{hierarchy}/deb-trial" for hierarchy in (".", "systemd", "unified")]
SYSTEM = (
    "proc",
    "sys",
    "dev",
    "run",
    "tmp",
    "var/cache",
    "var/log",
    "var/lib/apt",
    "var/lib/dpkg",
    "var/lib/systemd/timers",
)
"""What says nothing of what a package has left."""
OTHERS = ("var/spool/postfix", "var/lib/postfix", "var/mail", "var/lib/postgresql")
"""What other daemons keep."""
USERS = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow")
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """The system below `root`; `entry` is the command before a command."""

    root: Path
    entry: Sequence[str]

    def run(self, *command: str, stdin: str = "", expect: int | None = 0) -> str:
        """What one command in it prints; AssertionError where it ends otherwise than expected."""
        done = subprocess.run(
            [*self.entry, *command],
            env=ENVIRONMENT,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}, not {expect}:\n{done.stdout}")
        return done.stdout

    def install(self, *what: str) -> str:
        """By apt, and what it said."""
        return self.run("apt-get", "install", "-yq", "--no-install-recommends", *what)

    def path(self, name: str) -> Path:
        """A file in it, by its absolute name there; none below /run or /tmp."""
        return self.root / name.lstrip("/")

    def files(self) -> frozenset[str]:
        """Every file, folder and link that is state."""
        return frozenset(self._below("."))

    def users(self) -> tuple[str, ...]:
        """The files that say who there is."""
        return tuple((self.root / name).read_text() for name in USERS)

    def _below(self, folder: str) -> Iterator[str]:
        for entry in os.scandir(self.root / folder):
            name = os.path.normpath(f"{folder}/{entry.name}")
            if name not in {*SYSTEM, *OTHERS} and entry.name != "__pycache__":
                yield name
                if entry.is_dir(follow_symlinks=False):
                    yield from self._below(name)


def make(root: Path, *packages: Path) -> None:
    """A new one, with what these packages depend on installed, and their peers fetched. Wants the network."""
    sources = _sources()
    debootstrap = ["debootstrap", "--variant=minbase", "--include=systemd-sysv", CODENAME, root, sources[0].split()[1]]
    subprocess.run(debootstrap, check=True, stdout=subprocess.DEVNULL, timeout=SECONDS)
    machine = Machine(root, ("chroot", str(root)))
    machine.path("/etc/apt/sources.list").write_text("\n".join([*sources, ""]))
    machine.path("/etc/hostname").write_text(f"{HOSTNAME}\n")
    machine.path("/etc/hosts").write_text(f"127.0.0.1 localhost {HOSTNAME}\n")
    shutil.copy("/etc/resolv.conf", machine.path("/etc/resolv.conf"))
    for package in packages:
        shutil.copy(package, machine.path(PACKAGES))
    machine.run("apt-get", "update", "-q")
    wanted = machine.run("dpkg-deb", "-f", f"{PACKAGES}/{packages[0].name}", "Depends").strip()
    machine.run("apt-get", "satisfy", "-yq", "--no-install-recommends", wanted)
    machine.install("--download-only", *PEERS)


@contextmanager
def booted(root: Path) -> Iterator[Machine]:
    """The same, running, with systemd as its first process."""
    with subprocess.Popen([Path(__file__).with_name("boot.sh"), root], stdin=subprocess.DEVNULL) as outside:
        try:
            first = until(lambda: _systemd(outside.pid), "systemd", BOOT_SECONDS)
            spaces = ("--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd")
            machine = Machine(root, ("nsenter", "--target", first, *spaces, "--"))
            until(lambda: _up(machine), "the boot", BOOT_SECONDS)
            yield machine
        finally:
            outside.kill()


def _up(machine: Machine) -> bool:
    """A unit that failed is no reason to wait."""
    return machine.run("systemctl", "is-system-running", expect=None).strip() in {"running", "degraded"}


def _systemd(outside: int) -> str:
    """The child that is one by now, among those that only prepare it."""
    for child in Path(f"/proc/{outside}/task/{outside}/children").read_text().split():
        try:
            if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                return child
        except FileNotFoundError:
            pass  # it has done its part
    return ""


def ended() -> bool:
    """No process is in its groups any more, so that they could be taken away, from the leaves on."""
    for group in GROUPS:
        for folder, _, _ in os.walk(group, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
    return not any(map(os.path.exists, GROUPS))


def _sources() -> list[str]:
    """Debian's own suites of this release, as lines of sources.list, the release itself first."""
    told = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)\t$(ORIGIN)"
    command = ["apt-get", "indextargets", "--format", told, "Created-By: Packages"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    ours = [line.partition("\t")[0] for line in lines if line.endswith("\tDebian") and f" {CODENAME}" in line]
    if not ours:
        raise AssertionError(f"apt of this machine knows no Debian {CODENAME}; `apt-get update` first, on Debian 12")
    return sorted(ours, key=lambda line: line.split()[2] != CODENAME)
