"""What a command stands on is imported when it runs, and not before."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from gateway.cli import COMMANDS, gateway

HEAVY = ("sqlalchemy", "pydantic", "aiosmtpd", "aiosmtplib", "cryptography", "dns", "jinja2", "structlog", "yaml")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["no-such-command"]])
def test_help_and_slips_import_none_of_the_house(arguments):
    """Of the gateway's packages the command line alone, and none of the libraries that take time."""
    program = "import sys; from gateway.cli import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    imported = done.stderr.splitlines()[-1].split()
    assert "click" in imported
    assert not set(HEAVY) & set(imported)
    assert {name for name in imported if name.startswith("gateway.")} == {"gateway.cli", "gateway.cli.refused"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_each_command_what_the_command_says(name):
    """It is where the table says, under its name, and begins with the sentence of the table."""
    command = gateway.get_command(click.Context(gateway), name)
    assert command.name == name
    assert command.get_short_help_str(1000) == COMMANDS[name][1]


@pytest.mark.parametrize("name", ["why", "queue", "messages", "tickets", "outbox", "quarantine", "status"])
def test_who_looks_waits_for_nothing_that_reads_mail(name):
    """Nor for policies, nor for what draws on a terminal: `gateway why` is asked in a hurry."""
    program = "import sys; from gateway.cli import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program, name, "--help"], capture_output=True, text=True, check=True)
    imported = set(done.stderr.splitlines()[-1].split())
    assert "gateway.cli.context" in imported
    assert not {"gateway.core.parse", "gateway.config.policies", "gateway.build", "alembic"} & imported


def test_a_command_has_its_garbage_collected():
    """Not looked for while modules come in, but from then on."""
    program = "import gc; from gateway.__main__ import main; main(); print(gc.isenabled())"
    done = subprocess.run(
        [sys.executable, "-c", program, "completion", "bash"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "True"
