"""Each invariant's property test sees the mistakes that it is there for: on a copy of the package, one at a time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mutants.table import MUTANTS, Mutant

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROPERTIES = ROOT / "tests/properties"
SECONDS = 300

# Loaded first in the process that runs the property tests: that they see the copy is made sure of, not hoped for.
_PLUGIN = """\
import os
from pathlib import Path

import gateway
from hypothesis import HealthCheck, Phase, settings

if Path(gateway.__file__).parent.parent != Path(__file__).parent:
    os._exit(99)
settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,  # a busy machine is no mistake of anybody's
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    print_blob=False,
)
settings.load_profile("mutants")
"""


@pytest.fixture
def copy(tmp_path):
    """The package's source, with what it finds beside it."""
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    for beside in ("config", "policies"):
        (tmp_path / beside).symlink_to(ROOT / beside)
    (tmp_path / "on_a_copy.py").write_text(_PLUGIN)
    return tmp_path


def run_properties(copy: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """The property tests of these files over the copy, until the first failure."""
    options = ["-n", "0", "-x", "-q", "-p", "no:cacheprovider", "-p", "on_a_copy", "--tb=line", "--rootdir", str(ROOT)]
    config = ["-c", str(ROOT / "pyproject.toml"), "--basetemp", str(copy / "tmp")]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *config, *map(str, files)],
        cwd=copy,
        env=inherited | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def files_of(invariant: str) -> list[Path]:
    return sorted(PROPERTIES.glob(f"test_{invariant}_*.py"))


def test_without_a_mistake_all_of_them_pass(copy):
    """Otherwise the copy, and not the mistake, would be what fails."""
    invariants = {mutant.invariant for mutant in MUTANTS}
    ran = run_properties(copy, *(path for invariant in sorted(invariants) for path in files_of(invariant)))
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_property_test_sees_the_mistake(copy, mutant: Mutant):
    """It fails, and by an assertion of a test rather than by a file that cannot be read."""
    path = copy / "gateway" / mutant.file
    text = path.read_text("utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed; this mutant wants a new place"
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    compile(path.read_text("utf-8"), str(path), "exec")
    ran = run_properties(copy, *files_of(mutant.invariant))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert re.findall(r"^(FAILED|ERROR) ", ran.stdout, re.MULTILINE) == ["FAILED"], ran.stdout
    assert "FailedHealthCheck" not in ran.stdout, f"a slow machine, not the mistake: {ran.stdout}"


def test_every_invariant_has_a_mutant():
    """I6 has no property test of its own yet; everything else is broken at least once."""
    named = {re.match(r"test_(i\d+)_", path.name)[1] for path in PROPERTIES.glob("test_i[0-9]*_*.py")}
    assert {mutant.invariant for mutant in MUTANTS} == named
