"""What is installed from a wheel has all that is shipped: the gateway runs from one, with each set of policies."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from e2e.border import message
from e2e.process import ROOT, Gateway
from e2e.sink import Sink

AUTHOR = "tecnico@rossi.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a wheel of this source, as an installation has them."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, and `python -m gateway` runs what is in there."""
    monkeypatch.setenv("PYTHONPATH", str(site))
    return site


@pytest.mark.parametrize("name", ["", "strict", "lenient"])
def test_a_message_passes_under_each_shipped_set(
    installed: Path, name: str, tmp_path: Path, mailboxes: Sink, prepared: Path
) -> None:
    """Accepted, under the digest of that set."""
    gateway = Gateway(tmp_path, mailboxes.port, prepared=prepared)
    policies = installed / "gateway/defaults/policies" / name
    gateway.config.write_text(gateway.config.read_text().replace("policies: policies", f"policies: {policies}"))
    with gateway:
        found = gateway.message(gateway.accept(message(AUTHOR), AUTHOR))
    assert (found["disposition"], found["account"]) == ("accept", "ROSSI-001")
    assert str(policies) in gateway.cli("check").stdout
