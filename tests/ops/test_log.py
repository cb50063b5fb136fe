"""What the log writes, and what it never writes."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from gateway.ops.log import configure


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def written(restored):
    """Log something in a format; the text that came out."""

    def write(format, say, stream=None):  # noqa: A002 - as the function under test has it
        out = stream or io.StringIO()
        configure(format, out)
        say(structlog.get_logger())
        return out.getvalue()

    return write


HOSTILE = 'x\r\n2026-11-22T00:00:00Z info message.accepted forged=yes \x1b[2J\x9b31m \u202e\u2028 "a=b" caffè'


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_hostile_value_stays_on_its_line_and_harmless(written, format):  # noqa: A002 - as above
    """Threats rule 16: no line break, no control, no format character reaches log or terminal; letters do."""
    out = written(format, lambda log: log.info("message.accepted", subject=HOSTILE, paths=[HOSTILE]))
    assert out.count("\n") == 1
    assert out.rstrip("\n").isprintable()
    assert "caffè" in out


def test_auto_is_text_on_a_terminal_and_json_elsewhere(written):
    """The journal gets records, a person gets lines; both with RFC 3339 times in UTC."""

    def say(log):
        log.info("message.accepted", message="01J", size=3)

    record = json.loads(written("auto", say))
    assert record.pop("timestamp").endswith("Z")
    assert record == {"event": "message.accepted", "level": "info", "message": "01J", "size": 3}
    line = written("auto", say, Terminal())
    assert line.endswith("Z info     message.accepted message=01J size=3\n")


def test_a_value_cannot_forge_a_key_on_a_terminal(written):
    """A value with a space or an equals sign stands in quotes."""
    assert written("text", lambda log: log.info("e", a="b c=d")).endswith(' e a="b c=d"\n')


@pytest.mark.parametrize("key", ["text", "body", "password", "token"])
def test_bodies_and_credentials_are_withheld(written, key):
    """Threats rule 17: whoever logs them, they are not written."""
    out = written("json", lambda log: log.info("e", **{key: "hunter2"}))
    assert "hunter2" not in out


def test_a_long_value_is_cut(written):
    """A value is bounded, so that a line is."""
    assert len(written("json", lambda log: log.info("e", subject="x" * 100_000))) < 2000


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_traceback_cannot_forge_a_line(written, format):  # noqa: A002 - as above
    """The words of an exception may be a stranger's: every line of a traceback is indented, or escaped in JSON."""

    def say(log):
        try:
            "".encode("a\n2026-11-22T00:00:00Z info forged\x1b[2J\r\x85b")
        except LookupError:
            log.exception("fault")

    first, *rest = written(format, say).split("\n")
    assert "fault" in first
    assert all(line.startswith("    ") and line.isprintable() for line in rest if line)


@pytest.mark.parametrize("name", ["asyncio", "mail.log", "sqlalchemy.engine"])
def test_what_libraries_report_goes_the_same_way(written, name):
    """An error that asyncio or aiosmtpd logs is a record like ours, cleaned; their chatter is not written."""

    def say(_):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).error("Task exception %s", "x\r\n\x1b[2J")

    [line] = written("json", say).splitlines()
    record = json.loads(line)
    assert record["level"] == "error"
    assert record["event"] == r"Task exception x\r\n\x1b[2J"


def test_a_log_that_cannot_be_written_stops_nothing(restored):
    """A full disk has no room for the line that says so."""

    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

        def flush(self):
            raise OSError(28, "No space left on device")

    configure("json", Full())
    structlog.get_logger().warning("disk.short")
    logging.getLogger("library").warning("the same of a library")
