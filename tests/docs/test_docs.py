"""The documents say what is so: paths, commands, reasons, functions and lengths are held against the repository."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import click
import pytest

import metric_names
from gateway.cli import COMMANDS, gateway
from gateway.core.expression import compile_condition
from gateway.core.expression_calls import PATTERN_CHARACTERS
from gateway.core.expression_tokens import CHARACTERS, TOKENS
from gateway.core.expression_tree import MACROS, METHODS, NESTING
from gateway.core.facts import SCHEMA
from gateway.core.intent import Intent
from gateway.core.reason import Reason
from gateway.core.remedies import REMEDIES

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), *DECISIONS]
EVERY_DOCUMENT = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"(?<![\w/.-])((?:gateway|tests|docs|config|policies)/[\w./-]*\w)")
MODULE = re.compile(r"`((?:core|ingress|egress|store|ops|cli)/\w+\.py|\w+\.py)`")
FUNCTION = re.compile(r"`(?:\w+\.)?(\w+)\(\)`")
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
COMMAND = re.compile(r"(?:^|[|;`$/] ?|&& |bin/)gateway ((?:--?[a-z]|[a-z]).*)")


@EVERY_DOCUMENT
def test_every_path_that_is_named_exists(document):
    """A reader who follows a path arrives."""
    text = document.read_text()
    links = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
    assert not [link for link in links if not (document.parent / link).exists()]
    assert not [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    assert not [name for name in MODULE.findall(text) if not (ROOT / "gateway" / name).exists()]


@EVERY_DOCUMENT
def test_every_anchor_is_a_heading(document):
    """A link into a document leads to one of its headings."""
    for link in LINK.findall(document.read_text()):
        path, _, anchor = link.partition("#")
        if anchor and "://" not in link:
            headings = re.findall(
                r"^#+ (.+)$", ((document.parent / path) if path else document).read_text(), re.MULTILINE
            )
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, link


@EVERY_DOCUMENT
def test_every_function_that_is_named_is_defined(document):
    """`name()` is a function, a method or a class of the gateway."""
    source = "\n".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))
    missing = [
        name for name in FUNCTION.findall(document.read_text()) if not re.search(rf"(?:def|class) {name}\b", source)
    ]
    assert not missing


@EVERY_DOCUMENT
def test_every_command_that_is_shown_is_one(document):
    """What is shown can be typed: the command exists, and so do its options."""
    for block, span in CODE.findall(document.read_text()):
        for line in (block or span).splitlines():
            if found := COMMAND.search(line):
                words = found[1].partition("#")[0].partition("<")[0].partition("||")[0].split()
                assert mistake(words) == "", line


@EVERY_DOCUMENT
def test_no_line_of_a_configuration_ends_with_a_comment(document):
    """What is shown can be pasted: Postfix, Exim and systemd take what stands behind a # for a part of the value."""
    blocks = re.findall(r"```\n(.*?)```", document.read_text(), re.DOTALL)
    assert not [line for block in blocks for line in block.splitlines() if re.match(r"\s*\w+ ?= ?[^#]*\s#", line)]


def test_the_commands_are_found_at_all():
    """The readers above look at something: the README shows commands, and a wrong one is noticed."""
    readme = (ROOT / "README.md").read_text()
    shown = [line for block, span in CODE.findall(readme) for line in (block or span).splitlines()]
    assert len([line for line in shown if COMMAND.search(line)]) >= 6
    assert mistake(["tickets", "answer", "REF"])
    assert mistake(["quarantine", "release", "ID", "--force"])
    assert mistake(["policy", "prove"])


def test_the_first_message_is_that_of_make_run():
    """What the README says to copy is what `make run` prints: the line to send, and the sink to send answers to."""
    readme = (ROOT / "README.md").read_text()
    printed = [line.strip() for line in (ROOT / "config/welcome.txt").read_text().splitlines()]
    lines = [line for line in printed if line.startswith(".venv/bin/python")]
    assert len(lines) == 2
    assert all(f"\n{line}\n" in readme for line in lines)


def test_every_command_is_in_operating_or_the_readme():
    """Nothing that an operator may need is left to be found by chance."""
    text = (ROOT / "docs/operating.md").read_text() + (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"gateway {name}" not in text and f"`{name}`" not in text] == []


def test_the_table_of_refusals_has_every_reason_once():
    """What each refusal means, and what to do, for all of them and no other."""
    text = (ROOT / "docs/operating.md").read_text()
    table = text.partition("## What a refusal means")[2].partition("\n#")[0]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == sorted(reason.value for reason in Reason)


def test_the_table_of_metrics_has_every_one_with_its_labels():
    """Dashboards and alerts are written from it."""
    table = (ROOT / "docs/operating.md").read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    found = [match for cell in cells for match in re.findall(r"`(gateway_\w+)(?:\{([\w,]+)\})?`", cell)]
    assert sorted(found) == sorted((name, ",".join(sorted(labels))) for name, labels in metric_names.metrics().items())


def test_the_table_of_what_lines_say_has_every_remedy():
    """Words of drivers, servers and the kernel with what `check` says to do about them; all other words are our own."""
    table = (ROOT / "docs/operating.md").read_text().partition("\n### What a line says\n")[2].partition("\n#")[0]
    rows = [[cell.strip() for cell in line.split("|")[2:4]] for line in table.splitlines() if line.startswith("| ")][2:]
    told = {words: do for said, do in rows for words in re.findall("`([^`]+)`", said)}
    assert REMEDIES.items() <= told.items()
    source = "\n".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))
    kernel = {os.strerror(one) for one in (errno.EADDRINUSE, errno.EADDRNOTAVAIL)}
    assert not [words for words in told.keys() - REMEDIES.keys() - kernel if words not in source]


def test_the_table_of_facts_is_the_schema():
    """Every fact that a condition may read, with its type, in order, and no other."""
    table = (ROOT / "docs/policies.md").read_text().partition("\n## Facts\n")[2].partition("\n##")[0]
    assert re.findall(r"^\| `([a-z_.]+)` \| ([a-z ]+) \|", table, re.MULTILINE) == list(listed(SCHEMA))


def test_the_table_of_intents_has_every_one():
    """What R8 speaks of, in the words that a condition compares with."""
    table = (ROOT / "docs/policies.md").read_text().partition("\n### Intents\n")[2].partition("\n##")[0]
    assert re.findall(r"^\| `([a-z-]+)` \| (?!what)", table, re.MULTILINE) == [intent.value for intent in Intent]


def test_the_conditions_that_are_shown_are_conditions():
    """Each example compiles over the facts; every method, macro and bound is told."""
    section = (ROOT / "docs/policies.md").read_text().partition("\n## Conditions\n")[2].partition("\n## ")[0]
    shown = section.partition("```cel\n")[2].partition("```")[0].splitlines()
    assert all(compile_condition(line, SCHEMA) for line in shown)
    assert len(shown) > 5
    assert not [name for name in (*METHODS, *MACROS) if f"a.{name}(" not in section and f"list.{name}(" not in section]
    bounds = f"{CHARACTERS} characters, {TOKENS} words, {NESTING} levels of brackets, {PATTERN_CHARACTERS} characters"
    assert bounds in " ".join(section.split())


def test_security_has_every_invariant_and_every_rule():
    """I1 to I12, and the 17 rules against attackers."""
    text = (ROOT / "docs/security.md").read_text()
    assert re.findall(r"^\| (I\d+) \|", text, re.MULTILINE) == [f"I{number}" for number in range(1, 13)]
    assert re.findall(r"^\| (\d+) ", text, re.MULTILINE) == [str(number) for number in range(1, 18)]


def test_the_floors_are_those_of_the_linter():
    """The picture of the floors and the contract agree, in the same order."""
    floors = re.findall(
        r'^    "(.+)",$', (ROOT / "pyproject.toml").read_text().partition("\nlayers = [")[2], re.MULTILINE
    )
    wanted = floors[: floors.index("shipped") + 1]
    picture = (ROOT / "docs/architecture.md").read_text().partition("## Floors\n\n```\n")[2].partition("```")[0]
    assert [line[1:].partition("  ")[0] for line in picture.splitlines()] == wanted


@pytest.mark.parametrize(
    ("document", "lines"),
    [(ROOT / "docs/flow.md", 80), *((one, 40) for one in DECISIONS)],
    ids=lambda one: str(one)[-30:],
)
def test_what_is_to_be_short_is_short(document, lines):
    """The way of a message is read aloud in one breath, a decision on one page."""
    assert 0 < len(document.read_text().splitlines()) <= lines


def listed(record, of=""):
    """The facts of a record, and of the records in it: name and type."""
    for name, kind in record.items():
        match kind:
            case str():
                yield f"{of}{name}", kind
            case [str() as item]:
                yield f"{of}{name}", f"list of {item}"
            case [fields]:
                yield f"{of}{name}", "list"
                yield from listed(fields, f"{name}.")
            case _:
                yield from listed(kind, f"{name}.")


def mistake(words: list[str]) -> str:
    """Why a command line is not one, or nothing. Arguments count as given, whatever they are."""
    command: click.Command = gateway
    rest = list(words)
    ctx = click.Context(gateway)
    while rest and isinstance(command, click.Group):
        if rest[0] == "--config":
            rest = rest[2:]
            continue
        if (found := command.get_command(ctx, rest[0])) is None:
            return "" if rest[0].startswith("--") else f"no command {rest[0]}"
        command, rest = found, rest[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    return next((f"no option {word}" for word in rest if word.startswith("--") and word not in known), "")
