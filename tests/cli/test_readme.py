"""What the README shows of the command line is what it prints."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
FIRST = (ROOT / "config/first-message.eml").read_bytes()
RESULTS = re.compile(rb"^Authentication-Results.*\n(?: .*\n)*", re.MULTILINE)


def shown(command):
    """The first line after it."""
    return README.split(f"$ {command}\n", 1)[1].splitlines()[0]


def test_lists_have_the_columns_that_are_shown(desk):
    desk.accounts()
    assert desk("ingest", stdin=FIRST).code == 0
    assert desk("ingest", stdin=RESULTS.sub(b"", FIRST)).code == 0
    for command in ("tickets list", "outbox list", "quarantine list"):
        printed = desk(*command.split()).out.decode().splitlines()
        assert len(printed) == 2, printed
        assert printed[0].split() == shown(f"gateway {command}").split()
