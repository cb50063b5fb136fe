"""What the log writes, and what it never writes."""

from __future__ import annotations

import io
import json
import logging
import os

import pytest
import structlog

from gateway.core.privacy import Privacy, Redaction
from gateway.ops.log import LINES, SECONDS, configure
from gateway.ops.log_line import TRACE_CHARACTERS


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def written(restored):
    """Log something in a format; the text that came out."""

    def write(format, say, stream=None, **settings):  # noqa: A002 - as the function under test has it
        out = stream or io.StringIO()
        configure(format, out, **settings)
        say(structlog.get_logger())
        return out.getvalue()

    return write


HOSTILE = 'x\r\n2026-11-22T00:00:00Z info message.accepted forged=yes \x1b[2J\x9b31m \u202e\u2028 "a=b" caffè'


@pytest.mark.parametrize("privacy", Privacy)
@pytest.mark.parametrize("format", ["text", "json"])
def test_a_hostile_value_stays_on_its_line_and_harmless(written, format, privacy):  # noqa: A002 - as above
    """Threats rule 16: no line break, no control, no format character reaches log or terminal; letters do."""
    shows = Redaction(privacy, b"key")
    out = written(format, lambda log: log.info("message.accepted", why=HOSTILE, paths=[HOSTILE]), shows=shows)
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


@pytest.fixture
def journal(tmp_path):
    """A stream that is the journal's, and the environment that says so (systemd.exec(5))."""
    with (tmp_path / "journal").open("w+") as stream:
        about = os.fstat(stream.fileno())
        yield stream, {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}


def read(stream):
    stream.seek(0)
    return stream.read()


def test_the_journal_gets_a_priority_and_no_second_time(written, journal):
    """sd-daemon(3): `journalctl -p warning` finds warnings; the journal has a clock of its own."""
    stream, environ = journal

    def say(log):
        log.info("message.accept", id="01J", ticket="")
        log.warning("disk.short", why="no room", do="make room")

    configure("auto", stream, environ=environ)
    say(structlog.get_logger())
    assert read(stream) == '<6>message.accept id=01J\n<4>disk.short why="no room" do="make room"\n'


def test_every_line_of_a_traceback_has_the_priority_of_its_event(written, journal):
    """The journal takes each line as an entry, and one without a priority would be found at another."""
    stream, environ = journal
    configure("text", stream, environ=environ)
    try:
        "".encode("nowhere")
    except LookupError:
        structlog.get_logger().exception("smtp.fault")
    assert all(line.startswith("<3>") for line in read(stream).splitlines())


@pytest.mark.parametrize("environ", [{}, {"JOURNAL_STREAM": "1:2"}])
def test_a_file_is_not_taken_for_the_journal(journal, restored, environ):
    """$JOURNAL_STREAM is inherited by whoever sends stderr elsewhere: then priorities would be litter."""
    stream, _ = journal
    configure("auto", stream, environ=environ)
    structlog.get_logger().info("message.accept", id="01J")
    assert json.loads(read(stream))["event"] == "message.accept"


def test_a_level_leaves_out_what_is_below_it(written):
    """`log.level: warning` writes neither what goes well nor its details."""

    def say(log):
        log.debug("smtp.connected")
        log.info("message.accept")
        log.warning("disk.short")

    assert [json.loads(one)["event"] for one in written("json", say, level="warning").splitlines()] == ["disk.short"]
    assert len(written("json", say, level="debug").splitlines()) == 3


@pytest.mark.parametrize("event", ["smtp.refused", "dns.unanswered"])
def test_strangers_cannot_fill_the_log(written, event):
    """Threats rule 15: what anybody causes at will is told so often a minute, and then how often it was not told."""
    now = [0.0]

    def say(log):
        for _ in range(LINES + 7):
            log.info(event, ingress="edge")
        log.info(event, ingress="another")
        now[0] = SECONDS
        log.info(event, ingress="edge")

    lines = [json.loads(one) for one in written("json", say, clock=lambda: now[0]).splitlines()]
    assert [one["ingress"] for one in lines] == ["edge"] * LINES + ["another", "edge"]
    assert lines[-1]["unsaid"] == 7


def test_a_flood_of_warnings_is_bounded_and_messages_are_not(written):
    """Whatever provokes warnings, they are so many a minute; what became of each message is always told."""

    def say(log):
        for _ in range(LINES + 1):
            log.warning("mailbox.put-off", ingress="a")
            logging.getLogger("library").warning("odd")
            log.info("message.accept")

    lines = [json.loads(one)["event"] for one in written("json", say).splitlines()]
    assert [lines.count(one) for one in ("mailbox.put-off", "odd", "message.accept")] == [LINES, LINES, LINES + 1]


def test_a_subject_is_shown_only_where_all_is(written):
    """`privacy: full` shows what a stranger wrote there; else it stays in the database."""

    def say(log):
        log.info("message.accept", subject="Rossi Mario, IBAN")

    assert "Rossi Mario" in written("text", say, shows=Redaction(Privacy.FULL))
    assert "Rossi" not in written("text", say, shows=Redaction(Privacy.DOMAIN))


@pytest.mark.parametrize("filler", ["x", "y ", "a@b,"])
def test_no_address_is_cut_before_its_at_sign(written, filler):
    """What the cut of a long value leaves of an address would not be known for one."""
    for length in range(900, 1500, 7):
        why = (filler * length)[:length] + " tecnico@rossi.example" * 3
        assert "tecn" not in written("json", lambda log, why=why: log.info("e", why=why))


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("words", ["a\n" * 200_000, "x " * 1_000_000 + "\n"])
def test_a_traceback_is_bounded_and_keeps_both_ends(written, format, words):  # noqa: A002 - as above
    """What a stranger wrote may be in it, a megabyte long; where it broke and what it was stands at its ends."""
    out = written(format, lambda log: log.error("smtp.fault", exc_info=ValueError(f"BEGIN {words}END")))
    assert len(out) < 4 * TRACE_CHARACTERS
    assert "BEGIN" in out
    assert "END" in out


@pytest.mark.parametrize("format", ["text", "json"])
def test_an_address_over_a_line_break_of_a_traceback_is_hidden(written, format):  # noqa: A002 - as above
    """Its lines are shown one by one, and cleaned as one text."""
    fault = ValueError("no user tecnico\n@rossi.example")
    assert "no user ***@rossi.example" in written(format, lambda log: log.error("smtp.fault", exc_info=fault))


def test_a_long_list_is_cut(written):
    """Each of its values is bounded, and so is their number."""
    assert len(written("json", lambda log: log.info("e", to=[f"a{n}@b.example" for n in range(20_000)]))) < 5_000
