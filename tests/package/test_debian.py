"""The Debian package, built by its own script; a stand-in for Python leaves out what takes long."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from gateway import __version__
from gateway.config import load
from gateway.store import schema

ROOT = Path(__file__).parents[2]
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
PYTHON = """\
#!/bin/sh
# Installs one package, whose wheel wants glibc 2.34, and writes one page of a manual.
case "$*" in
    *--target*) ;;
    "-m contrib.man"*) mkdir "$3" && exec touch "$3/gateway.yaml.5" ;;
    *) exit 0 ;;
esac
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/one.dist-info"
echo 'Tag: cp311-abi3-manylinux_2_34_x86_64' >"$2/one.dist-info/WHEEL"
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package."""
    folder = tmp_path_factory.mktemp("deb")
    python = folder / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": "1790000000"}
    build = [ROOT / "contrib/debian/build", python, folder]
    subprocess.run(build, env=environment, check=True, capture_output=True, timeout=300)
    [made] = folder.glob("*.deb")
    return made


@pytest.fixture(scope="module")
def unpacked(package: Path) -> Path:
    """Its files, and in DEBIAN what dpkg is told."""
    subprocess.run(["dpkg-deb", "-R", package, package.parent / "root"], check=True, timeout=60)
    return package.parent / "root"


def test_its_version_is_the_gateways(package: Path, unpacked: Path):
    """In the name, in the control file, and as the schema that maintainer scripts compare."""
    version = subprocess.run(["dpkg-deb", "-f", package, "Version"], check=True, capture_output=True, text=True)
    assert version.stdout.strip() == package.name.split("_")[1] == __version__
    assert (unpacked / "usr/lib/mail-gateway/schema").read_text().strip() == schema.HEAD
    assert f"-gt {schema.HEAD} " in (unpacked / "DEBIAN/preinst").read_text()


def test_it_wants_the_libraries_that_its_wheels_were_built_for(unpacked: Path):
    """Python of one minor version, and glibc of the most demanding wheel; every place in the control file is filled."""
    control = (unpacked / "DEBIAN/control").read_text()
    assert "python3 (>= 3.11), python3 (<< 3.12), libc6 (>= 2.34)," in control
    assert re.search(r"^Installed-Size: [1-9]\d+$", control, re.MULTILINE)
    assert "@" not in control.replace("<maintainers@", "")


def test_every_file_in_etc_is_a_conffile(unpacked: Path):
    """What an administrator has changed survives an upgrade."""
    told = (unpacked / "DEBIAN/conffiles").read_text().split()
    there = [f"/{path.relative_to(unpacked)}" for path in (unpacked / "etc").rglob("*") if path.is_file()]
    assert sorted(told) == sorted(there)
    assert {"/etc/gateway/gateway.yaml", "/etc/gateway/policies/default.yaml"} < set(told)


def test_the_configuration_names_what_the_package_installs(unpacked: Path):
    """Valid, with policies and templates of /etc, the data of /var/lib, and the smarthost of a server."""
    config = load(unpacked / "etc/gateway/gateway.yaml")
    assert config.database.path == Path("/var/lib/gateway/gateway.db")
    assert (config.policies, config.templates) == tuple(
        unpacked / "etc/gateway" / name for name in ("policies", "templates")
    )
    assert str(config.outbound.smarthost) == "127.0.0.1:25"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_maintainer_script_is_shell_that_stops_at_the_first_error(unpacked: Path, name: str):
    """POSIX shell throughout, `set -e`, every place filled."""
    script = unpacked / "DEBIAN" / name
    subprocess.run(["sh", "-n", script], check=True, timeout=10)
    words = script.read_text()
    assert words.startswith("#!/bin/sh\n")
    assert "\nset -e\n" in words
    assert not re.search(r"@[A-Z]+@", words)


def test_the_unit_runs_what_the_package_has(unpacked: Path):
    """The command, and the user that the sysusers entry makes."""
    unit = (unpacked / "lib/systemd/system/gateway.service").read_text()
    command = re.search(r"^ExecStart=(\S+) --config (\S+)", unit, re.MULTILINE)
    assert command is not None
    assert all((unpacked / path.lstrip("/")).is_file() for path in command.groups())
    user = re.search(r"^User=(\S+)$", unit, re.MULTILINE)
    assert user is not None
    assert f"\nu {user[1]} " in (unpacked / "usr/lib/sysusers.d/gateway.conf").read_text()


def test_a_page_of_the_manual_lies_in_its_section(unpacked: Path):
    """Whatever else its name has a dot for."""
    assert (unpacked / "usr/share/man/man5/gateway.yaml.5.gz").is_file()


def test_nobody_but_debians_python_runs_it(unpacked: Path):
    """No path of whoever built it."""
    home = unpacked / "usr/lib/mail-gateway"
    assert (home / "bin/python3").readlink() == Path("../../../bin/python3")
    assert "home = /usr/bin\n" in (home / "pyvenv.cfg").read_text()
    assert not [path for path in home.rglob("*") if path.is_file() and str(ROOT).encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("database", "held", "runs"),
    [
        ("sqlite:////var/lib/gateway/gateway.db", "x", "gateway migrate\n"),
        ("sqlite:////var/lib/gateway/gateway.db", "", ""),
        ("postgresql://gateway@127.0.0.1/gateway", "x", ""),
        ("'postgresql://gateway@127.0.0.1/gateway'", "x", ""),
    ],
)
def test_an_upgrade_migrates_only_what_it_can_open(unpacked: Path, tmp_path: Path, database: str, held: str, runs: str):
    """A PostgreSQL's password may be there only while the daemon runs (LoadCredential): that is left to its start."""
    said = tmp_path / "said"
    for name in ("systemd-sysusers", "install", "py3compile", "deb-systemd-helper", "gateway"):
        stand_in = tmp_path / "bin" / name
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text(f'#!/bin/sh\n[ "${{0##*/}}" != gateway ] || echo "${{0##*/}} $*" >>{said}\n')
        stand_in.chmod(0o755)
    for folder in ("etc/gateway", "var/lib/gateway", "run"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/gateway/gateway.yaml").write_text(f"hostname: gateway.example.it\ndatabase: {database}\n")
    (tmp_path / "var/lib/gateway/gateway.db").write_text(held)
    (tmp_path / "debconf").write_text("db_stop() { :; }\n")
    script = (unpacked / "DEBIAN/postinst").read_text().replace("/usr/share/debconf/confmodule", f"{tmp_path}/debconf")
    for own in ("/etc/gateway", "/var/lib/gateway", "/run/systemd"):
        script = script.replace(own, f"{tmp_path}{own}")
    said.touch()
    environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", script, "postinst", "configure", "0.0.1"], env=environment, check=True, timeout=30)
    assert said.read_text() == runs
