"""The Debian package in a Debian 12 of its own, from installation to purge: `make deb-trial`, as root, on Debian 12.

The newer version is the same package with one migration more. Every step says how long it took.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from e2e.sink import Sink
from e2e.waiting import accepts, free_port, until
from package.machine import PACKAGES, PEERS, Machine, booted, ended, make
from package.telling import gone, replace, says, step, tell, there
from package.wired import DATA, ROOT, SINK, configure, moved, owned, postfix, records, send, socket

PRIMARY = "amministrazione@rossi.example"
NEWER, MIGRATION = "9.0.0", "9000"
START_SECONDS = 60
TRIAL_SECONDS = 3600
QUESTION = "mail-gateway mail-gateway/delete-data boolean true"
EXTRAS = "/usr/lib/mail-gateway/lib/python3.11/site-packages/ldap3"
SHARED = (
    "man/man8/gateway.8.gz",
    "man/man5/gateway.yaml.5.gz",
    "man/man5/gateway-policies.5.gz",
    "bash-completion/completions/gateway",
    "zsh/vendor-completions/_gateway",
)
ADDED = {
    "etc/postfix/gateway",
    "etc/postfix/stamps",
    "etc/systemd/system/gateway.socket",
    "etc/systemd/system/gateway.service.d",
    "etc/systemd/system/gateway.service.d/database.conf",
    "etc/systemd/system/sockets.target.wants",
}
"""By the trial itself."""
EXTRA = """\


def upgrade():
    op.execute("create table trial (one integer)")
"""


def main() -> None:
    """Everything. Raises AssertionError at the first step that fails; however it ends, nothing of it runs on."""
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.default_int_handler)
    [package] = (ROOT / "dist").glob("mail-gateway_*.deb")
    links = own_links()
    with tempfile.TemporaryDirectory(prefix="deb-trial-", dir="/var/tmp") as folder:
        here = Path(folder)
        with step("the wheel, in an environment of its own, in an empty folder"):
            wheel(here / "wheel")
        with step(f"the same package as {NEWER}, with one migration more"):
            newer = repacked(package, here)
        with step("a Debian 12, with what the package depends on"):
            make(here / "root", package, newer)
        ours = [f"{PACKAGES}/{one.name}" for one in (package, newer)]
        # A network of its own: Postfix takes port 25, and whatever else runs here keeps its ports.
        again = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "unshare",
            "--net",
            sys.executable,
            "-m",
            "package.trial",
            here / "root",
            *ours,
        ]
        try:
            subprocess.run(again, check=True, timeout=TRIAL_SECONDS)
        finally:
            until(ended, "the end of its processes")
    if added := own_links() - links:
        raise AssertionError(f"this machine's own /dev has what was not there before: {added}")


def own_links() -> frozenset[Path]:
    """What a systemd that had this machine's /dev, instead of one of its own, would leave there."""
    return frozenset(path for path in Path("/dev").iterdir() if path.is_symlink())


def wheel(folder: Path) -> None:
    """Installed by pip, it checks and serves, with the policies and templates that it carries."""
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.txt"], check=True, timeout=900)
    subprocess.run([*pip, "--no-deps", *folder.glob("*.whl")], check=True, timeout=900)
    empty = folder / "empty"
    empty.mkdir()
    port = free_port()
    (empty / "gateway.yaml").write_text(
        f"hostname: gateway.example.it\naddresses: [support@example.it]\ndatabase: sqlite:///gateway.db\n"
        f"smtp: [{{name: from-mta, listen: '127.0.0.1:{port}', position: behind-mta}}]\n"
    )
    gateway = [folder / "venv/bin/gateway", "--config", "gateway.yaml"]
    subprocess.run([*gateway, "check"], cwd=empty, check=True, timeout=60)
    with (empty / "log").open("wb") as log, subprocess.Popen([*gateway, "run"], cwd=empty, stderr=log) as daemon:
        until(lambda: accepts(port), "the gateway of the wheel", START_SECONDS)
        daemon.terminate()
    if daemon.returncode != 0:
        raise AssertionError(f"run ended with {daemon.returncode}: {(empty / 'log').read_text()}")


def repacked(package: Path, folder: Path) -> Path:
    """The package as a newer version, whose gateway knows one schema more."""
    root = folder / "newer"
    subprocess.run(["dpkg-deb", "-R", package, root], check=True, timeout=300)
    [store] = root.glob("usr/lib/mail-gateway/lib/python3.11/site-packages/gateway/store")
    schema = root / "usr/lib/mail-gateway/schema"
    head, version = schema.read_text().strip(), package.name.split("_")[1]
    [last] = (store / "migrations/versions").glob(f"{head}_*.py")
    begin = re.split(r"^def ", last.read_text(), maxsplit=1, flags=re.MULTILINE)[0]
    begin = re.sub(r"^down_revision\b.*", f'down_revision = "{head}"', begin, flags=re.MULTILINE)
    begin = re.sub(r"^revision\b.*", f'revision = "{MIGRATION}"', begin, flags=re.MULTILINE)
    (store / f"migrations/versions/{MIGRATION}_trial.py").write_text(begin + EXTRA)
    replace(schema, head, MIGRATION)
    replace(store / "schema.py", f'HEAD = "{head}"', f'HEAD = "{MIGRATION}"')
    replace(root / "DEBIAN/preinst", head, MIGRATION)
    replace(root / "DEBIAN/preinst", version, NEWER)
    replace(root / "DEBIAN/control", f"Version: {version}", f"Version: {NEWER}")
    made_newer = folder / package.name.replace(version, NEWER)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", root, made_newer], check=True, timeout=300)
    return made_newer


def inside(root: Path, first: str, newer: str) -> None:
    """What is done in that network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
    with booted(root) as machine, Sink(SINK) as sink:
        with step("Postfix and PostgreSQL"):
            machine.install(*PEERS)
        files, users = machine.files(), machine.users()
        installed(machine, first, sink)
        upgraded(machine, newer)
        with step("downgrade: refused, and the newer one goes on"):
            says(machine.run("dpkg", "-i", first, expect=1), f"is at {MIGRATION}. Nothing was changed.")
            says(machine.run("dpkg", "-s", "mail-gateway"), "Status: install ok installed", f"Version: {NEWER}")
            serves(machine)
            tickets(machine, 2)
        downgraded(machine, first)
        with step(
            "to PostgreSQL as the page has it, its password by LoadCredential, and an upgrade: the start migrates"
        ):
            moved(machine)
            serves(machine)
            machine.install(newer)
            serves(machine)
            tickets(machine, 1)
        removed(machine, first)
        with step("purge, answered with yes: nothing is left, and nobody"):
            machine.run("debconf-set-selections", stdin=f"{QUESTION}\n")
            machine.run("apt-get", "purge", "-yq", "mail-gateway")
            now = machine.files()
            if left := now - files - ADDED:
                raise AssertionError(f"left: {sorted(left)}")
            if lost := files - now:
                raise AssertionError(f"gone, and never ours: {sorted(lost)}")
            if machine.users() != users:
                raise AssertionError(f"users were {users}, and are {machine.users()}")


def installed(machine: Machine, package: str, sink: Sink) -> None:
    """From nothing to the first ticket, in the order of the page, and the answer to it."""
    began = time.monotonic()
    with step("apt install: nothing is started, and three things to do are told"):
        says(machine.install(package), "installed, and not started", "Three things to do", "enable --now")
        says(machine.run("systemctl", "is-enabled", "gateway", expect=1), "disabled")
        says(machine.run("systemctl", "is-active", "gateway", expect=3), "inactive")
        there(machine.root, *(f"/usr/share/{name}" for name in SHARED))
    with step("the configuration, and gateway check"):
        configure(machine)
        says(machine.run("gateway", "check"), "/etc/gateway/policies", f"{DATA}/gateway.db: new", ":25 answers")
    with step("gateway accounts import"):
        machine.run("gateway", "accounts", "import", "/usr/share/doc/mail-gateway/examples/accounts.yaml")
        owned(machine)
    with step("systemctl enable --now gateway"):
        machine.run("systemctl", "enable", "--now", "gateway")
        serves(machine)
    with step("Postfix as the page has it, mail in, a ticket"):
        postfix(machine)
        send("Il sito non risponde")
        [ticket] = tickets(machine, 1)
    tell(f"     from apt install to the first ticket: {time.monotonic() - began:.1f} s of the machine's time")
    with step("tickets reply, and both letters go to the primary"):
        machine.run("gateway", "tickets", "reply", ticket, stdin="Lo abbiamo riavviato.\n")
        letters = sink.wait_for(2, START_SECONDS)
        if {one.forward_paths for one in letters} != {(PRIMARY,)}:
            raise AssertionError(f"letters went to {letters}")
    with step("after all that whatever is in its folder is the gateway's"):
        owned(machine)


def upgraded(machine: Machine, package: str) -> None:
    """The daemon is stopped and started, the data stay, with a copy of before, and mail comes in again."""
    with step("a socket of systemd's"):
        socket(machine)
        serves(machine)
    with step("upgrade: a copy, the migration, and a second ticket"):
        before = machine.run("systemctl", "show", "-p", "MainPID", "gateway")
        says(machine.install(package), "is copied to", f"now at schema {MIGRATION}")
        if not [*machine.path(DATA).glob(f"before-{NEWER}-*/manifest.json")]:
            raise AssertionError("there is no copy")
        serves(machine)
        machine.run("systemctl", "is-active", "gateway.socket")
        if machine.run("systemctl", "show", "-p", "MainPID", "gateway") == before:
            raise AssertionError("the old gateway runs on")
        send("Ancora")
        tickets(machine, 2)
        owned(machine)


def downgraded(machine: Machine, package: str) -> None:
    """As the page says: with the copy of before the upgrade, which does not know of what came later."""
    with step("downgrade as the page has it, with the copy"):
        machine.run("systemctl", "disable", "--now", "gateway", "gateway.socket")
        machine.run("apt-get", "remove", "-yq", "mail-gateway")
        machine.run("sh", "-c", f"mkdir {DATA}/newer && mv {DATA}/gateway.db* {DATA}/newer")
        machine.install(package)
        [copy] = machine.path(DATA).glob(f"before-{NEWER}-*")
        machine.run("gateway", "restore", f"{DATA}/{copy.name}")
        machine.run("systemctl", "enable", "--now", "gateway")
        serves(machine)
        tickets(machine, 1)


def removed(machine: Machine, package: str) -> None:
    """Nothing that is precious goes without a word."""
    with step("remove: stopped, configuration and data stay"):
        machine.path(EXTRAS).mkdir()
        machine.run("apt-get", "remove", "-yq", "mail-gateway")
        there(machine.root, f"{DATA}/gateway.db", "/etc/gateway/gateway.yaml")
        gone(machine.root, "/usr/bin/gateway", "/usr/lib/mail-gateway")
        if accepts(8025):
            raise AssertionError("the gateway runs on")
    with step("purge, not answered: data stay"):
        says(machine.run("apt-get", "purge", "-yq", "mail-gateway"), "are still in")
        there(machine.root, f"{DATA}/gateway.db")
        gone(machine.root, "/etc/gateway")
    with step("installed again: they are there"):
        machine.install(package)
        tickets(machine, 1)


def serves(machine: Machine) -> None:
    """Up by systemd's word, and a client's."""
    machine.run("systemctl", "is-active", "gateway")
    if not accepts(8025):
        raise AssertionError(machine.run("systemctl", "status", "gateway", expect=None))


def tickets(machine: Machine, number: int) -> list[str]:
    """Their references, as soon as there are so many."""
    return until(
        lambda: len(refs := [one["ref"] for one in records(machine, "tickets", "list")]) == number and refs,
        f"{number} tickets",
        START_SECONDS,
    )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        inside(Path(sys.argv[1]), *sys.argv[2:])
