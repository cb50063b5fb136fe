"""The commands as scripts and systemd see them: exit codes of sysexits(3), first lines, pipes and signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from e2e.border import message
from e2e.process import END_SECONDS, Gateway, hand_over
from e2e.waiting import LOOPBACK, accepts, until

OK, USAGE, UNAVAILABLE, TEMPFAIL, CONFIG = 0, 64, 69, 75, 78
AUTHOR = "tecnico@rossi.example"


@pytest.fixture
def stopped(tmp_path: Path, prepared: Path) -> Gateway:
    """A configured gateway that does not run. Nothing may be sent: nobody listens at its smarthost."""
    gateway = Gateway(tmp_path, smarthost=9, prepared=prepared)
    gateway.copy()
    return gateway


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["tickets", "reply"], ["messages", "list", "--no-such-option"]]
)
def test_usage_is_64(stopped: Gateway, arguments: list[str]) -> None:
    """EX_USAGE, with the reason on stderr and nothing on stdout."""
    done = stopped.cli(*arguments)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert done.stderr


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_unknown_key_is_78_with_its_line(stopped: Gateway, command: str) -> None:
    """EX_CONFIG; the first line says where: file, line, key."""
    lines = stopped.config.read_text().splitlines()
    stopped.config.write_text("\n".join([*lines, "hostnames: two.example"]))
    done = stopped.cli(command)
    assert done.returncode == CONFIG
    first = (done.stdout if command == "check" else done.stderr).splitlines()[0]  # what check finds is its output
    assert f"gateway.yaml:{len(lines) + 1}" in first
    assert "hostnames" in first


def test_a_port_that_is_taken_is_78(stopped: Gateway) -> None:
    """The daemon does not start half-configured: it names the address and ends."""
    with closing(socket.create_server((LOOPBACK, stopped.lmtp))):
        done = stopped.cli("run")
    assert done.returncode == CONFIG
    assert f"{LOOPBACK}:{stopped.lmtp}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_from_the_future_is_78(stopped: Gateway) -> None:
    """A schema that this version does not know is not touched."""
    with closing(stopped.database()) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    done = stopped.cli("run")
    assert done.returncode == CONFIG
    assert "Traceback" not in done.stderr


def test_a_command_without_a_config_is_78(stopped: Gateway) -> None:
    """A file that is not there is named."""
    stopped.config.unlink()
    done = stopped.cli("messages", "list")
    assert done.returncode == CONFIG
    assert "gateway.yaml" in done.stderr.splitlines()[0]


def test_a_reader_that_has_seen_enough_is_no_failure(stopped: Gateway) -> None:
    """`gateway accounts list | head -1` ends with 0 and without a word, also under `set -o pipefail`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "--config", str(stopped.config), "accounts", "list"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (OK, b"")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_who_closes_a_stream_is_answered_as_ever(stopped: Gateway, closed: str) -> None:
    """`gateway balance 2>&-`, as some cron says it: 1 would mean that it does not add up, and bounce what is piped."""
    command = f'exec "$0" -m gateway --config "$1" balance {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, str(stopped.config)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (OK, "" if "2>&-" in closed else "nothing was received\n")


def test_output_onto_a_full_disk_is_one_line(stopped: Gateway) -> None:
    """EX_UNAVAILABLE, and no traceback: nothing is wrong with the gateway."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "--config", str(stopped.config), "accounts", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr.count(b"\n")) == (UNAVAILABLE, 1)
    assert b"No space left on device" in done.stderr


def test_ingest_is_0_after_the_commit(stopped: Gateway) -> None:
    """One message from a pipe, with the envelope that the caller says; the daemon need not run."""
    data = message(AUTHOR)
    done = stopped.cli("ingest", "--reverse-path", AUTHOR, "--forward-path", "support@example.it", stdin=data)
    assert done.returncode == OK, done.stderr
    (record,) = stopped.records("messages", "list")
    assert (record["reverse_path"], record["forward_paths"]) == (AUTHOR, ["support@example.it"])
    assert record["size"] == len(data)


def test_ingest_is_75_while_the_database_is_locked(stopped: Gateway) -> None:
    """EX_TEMPFAIL: the MTA that pipes keeps the message, and nothing half done is left."""
    with closing(stopped.database()) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = stopped.cli("ingest", stdin=message(AUTHOR))
        other.execute("ROLLBACK")
    assert done.returncode == TEMPFAIL, done.stderr
    assert "Traceback" not in done.stderr
    assert stopped.records("messages", "list") == []


def test_raw_is_what_came_from_the_pipe(stopped: Gateway) -> None:
    """I12: byte for byte."""
    data = message(AUTHOR, text="caff\u00e8 \u2615\r\n.\r\n..\r\n")
    assert stopped.cli("ingest", stdin=data).returncode == OK
    (record,) = stopped.records("messages", "list")
    assert stopped.cli("messages", "raw", record["id"]).stdout.encode() == data


def test_explain_changes_nothing(stopped: Gateway, tmp_path: Path) -> None:
    """It says what would happen and why, and the database is the same to the last row."""
    mail = tmp_path / "mail.eml"
    mail.write_bytes(message("who@stranger.example"))
    before = dump(stopped)
    done = stopped.cli("explain", str(mail))
    assert done.returncode == OK, done.stderr
    assert "unregistered" in done.stdout or "unauthenticated" in done.stdout
    assert dump(stopped) == before


def test_records_are_json_lines(gateway: Gateway) -> None:
    """Nothing else on stdout, beside a daemon that runs."""
    given = gateway.accept(message(AUTHOR, subject="perch\u00e9"), AUTHOR)
    (record,) = gateway.records("messages", "list")
    assert (record["id"], record["subject"], record["author"]) == (given, "perch\u00e9", AUTHOR)
    assert record["received_at"].endswith("Z")


def test_sigterm_drains(gateway: Gateway) -> None:
    """I3: a message in flight gets its reply, a promise or a 4xx, and every promise is kept; the exit code is 0."""
    data = message(AUTHOR)
    with gateway.connection() as client:
        client.ehlo()
        client.mail(AUTHOR)
        client.rcpt("support@example.it")
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(data[:100])
        gateway.running.send_signal(signal.SIGTERM)
        until(lambda: not accepts(gateway.smtp), "a closed listener")
        client.send(data[100:] + b".\r\n")
        code, words = client.getreply()
    assert code == 250 or 400 <= code < 500, (code, words)
    assert gateway.running.wait(END_SECONDS) == OK
    promised = [words.decode().split()[-1]] if code == 250 else []
    assert [record["id"] for record in gateway.records("messages", "list")] == promised


def test_sigterm_with_nothing_to_do_is_quick(gateway: Gateway) -> None:
    """An idle connection of a client does not hold the shutdown up."""
    with gateway.connection() as client:
        client.ehlo()
        assert gateway.terminate() == OK
    assert "Traceback" not in gateway.stderr()


def test_a_restart_takes_the_same_port(gateway: Gateway) -> None:
    """Connections that linger in TIME_WAIT do not keep the listener from binding."""
    with gateway.connection() as client:
        hand_over(client, message(AUTHOR), AUTHOR)
        gateway.fresh = True  # an interpreter of its own, as systemd starts it
        gateway.restart()
    assert gateway.accept(message(AUTHOR), AUTHOR)


def dump(gateway: Gateway) -> list[str]:
    """The whole database as SQL."""
    with closing(gateway.database()) as database:
        return list(database.iterdump())
