"""The manual pages: well formed, and nothing of the commands and keys is missing in them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import click
import pytest

from contrib.man.markdown import translated
from contrib.man.pages import PAGES, ROOT
from gateway.cli import gateway
from gateway.config import json_schema
from gateway.config.policy_schema import policy_schema

DAY = datetime(2026, 2, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def pages():
    """Each page, of one day."""
    return {name: "\n".join([*page(DAY.date()), ""]) for name, page in PAGES.items()}


def shown(text):
    """A page as its reader sees it, but for blanks and where lines end."""
    done = subprocess.run(["mandoc", "-T", "utf8"], input=text, capture_output=True, text=True, check=True)
    return "".join(re.sub(".\b", "", done.stdout).split())


def commands(command, context):
    """A command and all below it, each with its words."""
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from commands(below, click.Context(below, parent=context, info_name=name))


def keys(schema):
    """Every key that a schema speaks of, in whatever section."""
    if isinstance(schema, dict):
        yield from (key for key, one in schema.get("properties", {}).items() if isinstance(one, dict))
        for one in schema.values():
            yield from keys(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from keys(one)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed(pages, name):
    """Neither of the two programs that show pages has a warning."""
    for program in (["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-mandoc", "-ww", "-Tutf8", "-z"]):
        done = subprocess.run(program, input=pages[name], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == ""


def test_every_command_and_option_has_its_place(pages):
    """Whoever reads gateway(8) needs no --help."""
    text = shown(pages["gateway.8"])
    for words, command in commands(gateway, click.Context(gateway, info_name="")):
        _, found, entry = text.partition("".join(words.split()) or "DESCRIPTION")
        assert found, words
        for one in command.params:
            if isinstance(one, click.Option):
                told = one.get_help_record(click.Context(command))
                assert one.opts[-1] in entry[:4000], (words, one.opts)
                assert "".join(told[1].replace("`", "").split()) in entry[:4000], (words, told)


@pytest.mark.parametrize(
    ("name", "schema"), [("gateway.yaml.5", json_schema()), ("gateway-policies.5", policy_schema())]
)
def test_every_key_has_its_place(pages, name, schema):
    """Whoever reads a page of section 5 needs no schema."""
    text = shown(pages[name]).partition("KEYS")[2]
    found = set(keys(schema))
    assert len(found) > 40
    assert not [key for key in found if f"{key}(" not in text]


def test_the_same_source_makes_the_same_pages(pages, tmp_path):
    """The day is that of SOURCE_DATE_EPOCH, wherever, whenever and by whichever process they are made."""
    wanted = {**os.environ, "SOURCE_DATE_EPOCH": str(DAY.timestamp()).partition(".")[0], "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "contrib.man", tmp_path], cwd=ROOT, env=wanted, check=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == pages


def test_what_looks_like_a_macro_is_text():
    """A line that begins with a dot or a quote, and a word that mdoc knows, are printed."""
    text = ".Dd May 1, 2026\n.Dt X 8\n.Os\n" + "\n".join(
        translated(".Sh one\n'de two\n\n| a | b |\n| --- | --- |\n| Ar | .Fl |")
    )
    assert ".Shone'detwoAr.Fl" in shown(text)
