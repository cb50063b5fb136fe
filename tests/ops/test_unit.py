"""What is shipped for systemd, as its own tools judge it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "contrib/systemd"


def judged(*command: str) -> str:
    """What a tool says; it must find nothing wrong."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_the_service_is_hardened():
    """The exposure that systemd finds is 1.3 at most: a parser of hostile mail has little to reach for."""
    judged("systemd-analyze", "security", "--offline=yes", "--threshold=13", str(ROOT / "gateway.service"))


@pytest.fixture
def units(tmp_path):
    """All units, the program in them being one that is there."""
    for unit in (ROOT / "gateway.service", *SHIPPED.glob("*.socket")):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/bin/gateway", "/usr/bin/true"))
    return [str(path) for path in sorted(tmp_path.iterdir())]


def test_the_units_are_understood(units):
    """No key is unknown to Debian's systemd, and no value: it says nothing at all."""
    assert judged("systemd-analyze", "verify", "--man=no", *units) == ""


def test_the_user_can_be_made(tmp_path):
    """The entry makes the very user and group that the service runs as."""
    (tmp_path / "etc").mkdir()
    judged("systemd-sysusers", f"--root={tmp_path}", str(SHIPPED / "gateway.sysusers"))
    assert "\ngateway:" in f"\n{(tmp_path / 'etc/passwd').read_text()}"
    assert "\ngateway:" in f"\n{(tmp_path / 'etc/group').read_text()}"
    assert "\nUser=gateway\nGroup=gateway\n" in (ROOT / "gateway.service").read_text()
