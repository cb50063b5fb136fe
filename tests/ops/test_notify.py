"""sd_notify over a socket of the test's own."""

from __future__ import annotations

import os
import re
import socket
import threading

import pytest
from structlog.testing import capture_logs

from gateway.ops import notify


@pytest.fixture(params=["path", "abstract"])
def supervisor(request, tmp_path):
    """A listening socket, and the environment that names it."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(name if request.param == "path" else f"\0{name}")
        ear.settimeout(5)
        yield ear, {"NOTIFY_SOCKET": name if request.param == "path" else f"@{name}"}


def test_the_states_are_told(supervisor):
    """sd_notify(3): READY=1, STOPPING=1, a status of one line, and a reload with its monotonic time."""
    ear, environ = supervisor
    notify.ready(environ)
    notify.status("two\nlines", environ)
    notify.reloading(environ)
    notify.stopping(environ)
    heard = [ear.recv(200).decode() for _ in range(4)]
    assert [heard[0], heard[1], heard[3]] == ["READY=1", "STATUS=two lines", "STOPPING=1"]
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", heard[2])


def test_a_long_start_asks_for_time(supervisor):
    """EXTEND_TIMEOUT_USEC, and what it is that takes so long; afterwards nothing is left that could ask again."""
    ear, environ = supervisor
    with notify.starting("migrating the database", environ):
        assert ear.recv(200).decode() == "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=migrating the database"
    assert "starting" not in {one.name for one in threading.enumerate()}


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60),
        ({"WATCHDOG_USEC": "60000000"}, 60),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, 0),
        ({}, 0),
    ],
)
def test_the_watchdog_may_be_anothers(environ, seconds):
    """sd_watchdog_enabled(3): $WATCHDOG_PID names whom systemd watches."""
    assert notify.watched(environ) == seconds


def test_without_a_supervisor_nothing_happens():
    """Started by hand there is nobody to tell, and nothing to log."""
    with capture_logs() as lines:
        notify.ready({})
    assert lines == []


def test_a_deaf_supervisor_is_logged_and_stops_nothing(tmp_path):
    """A socket that is not there is a warning, not a fault."""
    with capture_logs() as lines:
        notify.ready({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    assert [one["event"] for one in lines] == ["notify.failed"]
