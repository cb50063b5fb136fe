"""`completion bash`: a real bash offers what may stand at the cursor, and asks no Python for it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from gateway.cli import COMMANDS, gateway


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """As it is printed, in a folder with one file."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "a mail.eml").touch()
    done = CliRunner().invoke(gateway, ["completion", "bash"])
    assert done.exit_code == 0, done.output
    (folder / "gateway.bash").write_text(done.stdout)
    return folder / "gateway.bash"


def offered(script, *words):
    """What bash offers for the last word; a $PATH of nothing says that nothing else is asked."""
    asked = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gateway; printf "%s\\n" "${COMPREPLY[@]}"'
    bash = [shutil.which("bash"), "--norc", "-c", f"source ./gateway.bash; PATH=; {asked}", "bash", "gateway", *words]
    done = subprocess.run(bash, cwd=script.parent, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([""], list(COMMANDS)),
        (["quar"], ["quarantine"]),
        (["--config", "x.yaml", "keys", ""], ["list", "retire", "rotate"]),
        (["tickets", "status", "7Q4TM-9XK2F", ""], ["open", "pending", "closed"]),
        (["tickets", "list", "--l"], ["--limit"]),
        (["tickets", "list", "--limit", ""], [""]),
        (["tickets", "list", "--limit", "5", "--j"], ["--json"]),
        (["explain", "a"], ["a mail.eml"]),
        (["--config", "gate"], ["gateway.bash"]),
    ],
)
def test_what_may_stand_there_is_offered(script, words, wanted):
    """Commands, after a hyphen options, words of a choice, and files where one is wanted; of a number nothing."""
    assert offered(script, *words) == wanted


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not there")
def test_zsh_can_read_what_is_for_it(tmp_path):
    (tmp_path / "_gateway").write_text(CliRunner().invoke(gateway, ["completion", "zsh"]).stdout)
    subprocess.run(["zsh", "-f", "-n", tmp_path / "_gateway"], check=True)
