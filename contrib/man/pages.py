"""The three pages: what each is made of, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from contrib.man import commands, keys, mdoc
from contrib.man.markdown import inline, section, translated
from gateway import __version__
from gateway.cli import gateway
from gateway.config import json_schema
from gateway.config.policy_schema import policy_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = ("Accounts", "Quarantine", "Token keys", "Audit", "Backup")
"""Headings of docs/operating.md whose commands are shown in gateway(8)."""


def commands_page(on: date) -> Iterator[str]:
    """gateway(8)."""
    operating = _document("docs/operating.md")
    context = click.Context(gateway, info_name="gateway")
    yield from mdoc.page("gateway", 8, "a mail gateway that makes tickets of support mail", __version__, on)
    yield from (".Sh SYNOPSIS", ".Nm", ".Op Fl -config Ar FILE", ".Ar COMMAND", ".Op Ar ARGUMENTS")
    yield from (".Sh DESCRIPTION", inline(gateway.help or ""))
    yield from (
        ".Bl -tag -width Ds",
        *commands.options(gateway, context),
        ".It Fl h | -help",
        "Of each command.",
        ".El",
    )
    yield ".Sh COMMANDS"
    yield from commands.listed(gateway)
    for heading, under in (("SIGNALS", "Signals"), ("ENVIRONMENT", "Environment"), ("FILES", "Files")):
        yield from (f".Sh {heading}", *translated(section(operating, under)))
    yield from (".Sh EXIT STATUS", *translated(section(operating, "Exit codes")))
    yield ".Sh EXAMPLES"
    for heading in EXAMPLES:
        yield from (f".Ss {heading}", *mdoc.literal(_first_block(section(operating, heading))))
    yield from (".Sh DIAGNOSTICS", *translated(section(operating, "Troubleshooting")))
    yield from (".Ss What a line says", *translated(section(operating, "What a line says")))
    yield from (".Sh SEE ALSO", ".Xr gateway-policies 5 ,", ".Xr gateway.yaml 5")


def configuration_page(on: date) -> Iterator[str]:
    """gateway.yaml(5)."""
    operating = _document("docs/operating.md")
    yield from mdoc.page("gateway.yaml", 5, "configuration of the mail gateway", __version__, on)
    yield from (".Sh DESCRIPTION", *translated(section(operating, "Configuration")))
    yield ".Sh KEYS"
    yield from keys.listed(json_schema())
    yield from (".Sh ENVIRONMENT", *translated(section(operating, "Environment")))
    yield from (".Sh EXAMPLES", *mdoc.literal(_document("config/gateway.yaml").splitlines()))
    yield from (".Sh SEE ALSO", ".Xr gateway-policies 5 ,", ".Xr gateway 8")


def policies_page(on: date) -> Iterator[str]:
    """gateway-policies(5)."""
    yield from mdoc.page("gateway-policies", 5, "policies of the mail gateway", __version__, on)
    yield from (".Sh DESCRIPTION", *translated(_document("docs/policies.md").partition("\n")[2]))
    yield ".Sh KEYS"
    yield from keys.listed(policy_schema())
    yield from (".Sh SEE ALSO", ".Xr gateway.yaml 5 ,", ".Xr gateway 8")


PAGES = {"gateway.8": commands_page, "gateway.yaml.5": configuration_page, "gateway-policies.5": policies_page}


def _document(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def _first_block(text: str) -> list[str]:
    return text.partition("```\n")[2].partition("```")[0].splitlines()
