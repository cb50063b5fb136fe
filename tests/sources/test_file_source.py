"""A file that something else writes: what is cut off, half written or old is not believed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.roster_source import FileSource
from gateway.core.roster import KEYS
from gateway.ports import Unavailable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEADER = ",".join(KEYS)
ROSSI = "ROSSI,Rossi,it,active,a@rossi.example,,domain:rossi.example"
YAML = "accounts:\n- {code: R, name: R, language: it, primary: a@rossi.example}\n"


@pytest.fixture
def kept(tmp_path):
    def made(text, name="crm.csv", oldest=None):
        path = tmp_path / name
        path.write_text(text)
        return FileSource("crm", path, oldest, tmp_path, lambda: NOW)

    return made


def told(source):
    return [str(one).rpartition("/")[2] for one in source.fetch("").entries]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crm.csv", f"{HEADER}\n{ROSSI[:-4]}"),  # rossi.exa, and it reads well
        ("crm.yaml", YAML[:-4].replace("{", "").replace(", ", "\n  ")),
        ("crm.jsonl", '{"code": "R", "name": "R", "language": "it", "primary": "a@rossi.example"}'),
    ],
)
def test_a_file_that_ends_within_a_line_is_cut_off(kept, name, text):
    """Nothing of it is taken, though every line of it would read."""
    [line] = told(kept(text, name))
    assert line == f"{name}: ends within a line: a part of it is missing; write it whole, a line end last"


def test_a_broken_row_is_named(kept):
    """By its line, and the column where that is known."""
    broken = f"{HEADER}\n{ROSSI}\nSMITH,Smith\nVERDI,Verdi,it,open,v@verdi.example,,\n"
    lines = [one for one in told(kept(broken)) if one.startswith("crm.csv:")]
    assert lines[0].startswith("crm.csv:3: has 2 fields, not 7")
    assert lines[1].startswith('crm.csv:4: account VERDI: status: "open" is not one of these')


def test_the_other_formats_are_read(kept):
    """By the extension, as an import does."""
    [one] = kept(YAML, "crm.yaml").fetch("").entries
    assert str(one.primary) == "a@rossi.example"


def test_a_file_that_is_too_old_is_not_believed(kept):
    """Whatever writes it has stopped: who left since would stay for good."""
    source = kept(f"{HEADER}\n{ROSSI}\n", oldest=timedelta(days=2))
    written = (NOW - timedelta(days=3)).timestamp()
    os.utime(source._path, (written, written))
    with pytest.raises(Unavailable, match="was last written 3 days, 0:00:00 ago"):
        source.fetch("")


def test_a_pipe_is_no_file(tmp_path):
    """Nobody may keep the daemon waiting by making one where the file was."""
    os.mkfifo(path := tmp_path / "crm.csv")
    with pytest.raises(Unavailable, match=r"crm\.csv is not a file"):
        FileSource("crm", path, None, tmp_path, lambda: NOW).fetch("")


def test_what_was_only_touched_is_read_and_known_again(kept):
    """By its digest, where the file system says that it is another."""
    source = kept(f"{HEADER}\n{ROSSI}\n")
    first = source.fetch("")
    os.utime(source._path, (0, 0))
    assert source.fetch(first.digest) is None
    list(first.entries)
