"""sd_notify over a socket of the test's own."""

from __future__ import annotations

import re
import socket

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
