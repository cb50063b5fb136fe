"""Each invariant's property test sees the mistakes that it is there for: on a copy of the package, one at a time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mutants.table import MUTANTS, Mutant
from warm import Warm

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROPERTIES = ROOT / "tests/properties"
SECONDS = 900
WRITTEN_OCTETS = 1024 * 1024

PRELOADED = (
    "pytest",
    "hypothesis.strategies",
    "alembic.command",
    "aiosmtplib",
    "cel",
    "click",
    "cryptography.x509",
    "dkim",
    "dns.asyncresolver",
    "jinja2.sandbox",
    "prometheus_client",
    "publicsuffixlist",
    "pydantic.json_schema",
    "rich.console",
    "sqlalchemy.dialects.sqlite",
    "sqlmodel",
    "structlog",
    "yaml",
)
"""What the properties stand on, and no mutant changes: imported once. What is left out is only slower."""

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
    """The package's source, with what it finds beside it.

    What is compiled as well, which goes by the time of its source; not what another worker just compiles.
    """
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("*.pyc.*"))
    for beside in ("config", "policies"):
        (tmp_path / beside).symlink_to(ROOT / beside)
    (tmp_path / "on_a_copy.py").write_text(_PLUGIN)
    return tmp_path


@cache
def _warm() -> Warm:
    return Warm(*PRELOADED)


def run_properties(copy: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """The property tests of these files over the copy, until the first failure."""
    options = ["-x", "-q", "--tb=line", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml")]
    options += ["-o", "addopts=--strict-config --strict-markers", "--basetemp", str(copy / "tmp")]
    plugins = ["no:cacheprovider", "pytest_asyncio.plugin", "_hypothesis_pytestplugin", "on_a_copy"]
    arguments = [*options, *(f"-p{one}" for one in plugins), *map(str, files)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    environment = inherited | {"PYTHONPATH": str(copy), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with Path(os.devnull).open("rb") as nothing, (copy / "output").open("w+b") as output:
        streams = {"stdin": nothing, "stdout": output, "stderr": output}
        running = _warm().start("pytest:main", arguments, copy, environment=environment, path=[str(copy)], **streams)
        try:
            code = running.wait(SECONDS)
        finally:
            running.kill()
        end = os.fstat(output.fileno()).st_size  # what failed is told last, behind all that Hypothesis has to say
        written = os.pread(output.fileno(), WRITTEN_OCTETS, max(end - WRITTEN_OCTETS, 0)).decode(errors="replace")
    return subprocess.CompletedProcess(arguments, code, written)


def files_of(invariant: str) -> list[Path]:
    return sorted(PROPERTIES.glob(f"test_{invariant}_*.py"))


def test_without_a_mistake_all_of_them_pass(copy):
    """Otherwise the copy, and not the mistake, would be what fails."""
    invariants = {mutant.invariant for mutant in MUTANTS}
    ran = run_properties(copy, *(path for invariant in sorted(invariants) for path in files_of(invariant)))
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_property_test_sees_the_mistake(copy, mutant: Mutant):
    """It fails, and by an assertion of a test rather than by a file that cannot be read."""
    path = copy / "gateway" / mutant.file
    text = path.read_text("utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed; this mutant wants a new place"
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    compile(path.read_text("utf-8"), str(path), "exec")
    files = sorted(files_of(mutant.invariant), key=lambda one: mutant.by not in one.name)
    ran = run_properties(copy, *files)
    assert ran.returncode == 1, ran.stdout
    assert re.findall(r"^(FAILED|ERROR) ", ran.stdout, re.MULTILINE) == ["FAILED"], ran.stdout
    assert "FailedHealthCheck" not in ran.stdout, f"a slow machine, not the mistake: {ran.stdout}"


def test_every_invariant_has_a_mutant():
    """I6 has no property test of its own yet; everything else is broken at least once."""
    named = {re.match(r"test_(i\d+)_", path.name)[1] for path in PROPERTIES.glob("test_i[0-9]*_*.py")}
    assert {mutant.invariant for mutant in MUTANTS} == named
