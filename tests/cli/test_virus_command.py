"""A virus at the command line: what `check` says of clamd, and a release that scans anew."""

from __future__ import annotations

import pytest

from clamd_script import Script, says, whole

MAIL = (
    b"Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
    b"Received: from x by mx.example.it; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    b"From: tecnico@rossi.example\r\nMessage-ID: <1@rossi.example>\r\nSubject: x\r\n\r\nx\r\n"
)
FOUND = b"stream: Worm.X FOUND\0"
OK = b"stream: OK\0"


@pytest.fixture
def held(desk):
    """The id of a message that is held as a virus."""
    desk.accounts()
    desk.config.write_text(f"{desk.config.read_text()}virus: {{clamd: 'unix:clamd'}}\n")
    with Script(desk.folder, says(FOUND)):
        assert desk("ingest", stdin=MAIL).code == 0
    (desk.folder / "clamd").unlink()
    (record,) = desk("quarantine", "list", "--json").records
    assert record["reason"] == "virus"
    return record["id"]


def test_a_false_alarm_that_is_mended_needs_nothing_taken_on(desk, held):
    """The signatures of today decide."""
    with Script(desk.folder, says(OK)):
        done = desk("quarantine", "release", held)
    assert (done.code, b": accept (registered), ticket " in done.out) == (0, True)


def test_a_virus_stays_held_unless_it_is_named(desk, held):
    """The refusal says how; whoever does it is written down with the name."""
    with Script(desk.folder, says(FOUND)):
        done = desk("quarantine", "release", held)
        assert done.code == 65
        assert "a virus: Worm.X; release it again, `--virus Worm.X` with it, to take that on" in done.err
        assert desk("quarantine", "release", held, "--virus", "Worm.X").code == 0
    trace = desk("messages", "show", held, "--json").records[0]["trace"]
    assert any(station == "override" and words.endswith("takes on: virus Worm.X") for station, words in trace)


def test_without_its_scanner_nothing_is_released(desk, held):
    """75: try again."""
    done = desk("quarantine", "release", held)
    assert (done.code, "clamd: No such file" in done.err) == (75, True)


def test_check_asks_for_the_version(desk, tmp_path):
    def deed(connection):
        assert whole(connection) == b"zVERSION\0"
        connection.sendall(b"ClamAV 1.4.3/27810/Sun Nov 22 2026\0")

    desk.config.write_text(f"{desk.config.read_text()}virus: {{clamd: 'unix:{tmp_path}/clamd'}}\n")
    with Script(tmp_path, deed):
        [line] = [one for one in desk("check").out.decode().splitlines() if " virus " in one]
    assert line.startswith("ok")
    assert "ClamAV 1.4.3/27810" in line


@pytest.mark.parametrize(("way", "words"), [("defer", "put off (451)"), ("quarantine", "held, not scanned")])
def test_check_says_what_a_clamd_that_is_away_means(desk, way, words):
    """`run` works; nothing passes unscanned."""
    desk.config.write_text(f"{desk.config.read_text()}virus: {{clamd: 'unix:none', when_away: {way}}}\n")
    done = desk("check")
    [line] = [one for one in done.out.decode().splitlines() if " virus " in one]
    assert line.startswith("warn")
    assert words in line
    assert done.code == 0
