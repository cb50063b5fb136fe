"""The daemon's workers, as an operator sees them: killed, they come back, and no mail is the worse for it."""

from __future__ import annotations

import os
import signal
import smtplib
from pathlib import Path

import pytest

from e2e.border import message
from e2e.process import Gateway, children, hand_over
from e2e.waiting import LOOPBACK, until

AUTHOR = "tecnico@rossi.example"


def workers(gateway: Gateway) -> list[int]:
    """The workers: children of the one child of the daemon."""
    [nursery] = children(gateway.running.pid)
    return children(nursery)


def send(gateway: Gateway) -> None:
    """One message, which is taken."""
    with smtplib.SMTP(LOOPBACK, gateway.smtp) as client:
        code, words = hand_over(client, message(AUTHOR), AUTHOR)
    assert code == 250, words


def test_killed_workers_come_back_and_no_mail_is_lost(gateway: Gateway) -> None:
    """All of them at once, among messages: each still gets its 250 and its ticket (I11)."""
    for _ in range(3):
        for pid in workers(gateway):
            os.kill(pid, signal.SIGKILL)
        send(gateway)
    assert [record["disposition"] for record in gateway.records("messages", "list")] == ["accept"] * 3
    until(lambda: workers(gateway), "new workers", 20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_daemon(gateway: Gateway, number: signal.Signals) -> None:
    """Asked to end or killed: nobody is left who could hold its lock, its sockets or its memory."""
    nursery = children(gateway.running.pid)
    family = [*nursery, *workers(gateway)]
    gateway.running.send_signal(number)
    gateway.running.wait(20)
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in family), "their end", 20)


def test_without_its_nursery_the_daemon_ends(gateway: Gateway) -> None:
    """With a fault, so that the service manager starts it again; what had a 250 is there."""
    send(gateway)
    [nursery] = children(gateway.running.pid)
    os.kill(nursery, signal.SIGKILL)
    assert gateway.running.wait(30) not in {0, -9}
    assert "the process that starts workers has ended" in gateway.stderr()
    assert len(gateway.records("messages", "list")) == 1
