"""Socket activation by systemd's own tool: both listeners and the page of metrics are bound before we live."""

from __future__ import annotations

import os
import smtplib
from pathlib import Path

from e2e.border import message
from e2e.process import Gateway, committed_id, hand_over
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, accepts, free_port, until

AUTHOR = "tecnico@rossi.example"


def activated(gateway: Gateway, *addresses: str, options: tuple[str, ...] = ()) -> Gateway:
    """Started with the first connection, by an interpreter of its own, with these sockets and no others of its own."""
    listening = [f"--listen={one}" for one in addresses]
    known = [f"--setenv={name}" for name in ("PYTHONPATH", "PATH") if name in os.environ]
    gateway.within, gateway.fresh = ("systemd-socket-activate", *listening, *known, *options), True
    return gateway


def test_mail_comes_in_by_sockets_that_others_bound(tmp_path: Path, mailboxes: Sink, prepared: Path) -> None:
    """A message by each of them; and at the end the file of the Unix socket is where systemd put it."""
    gateway, path = Gateway(tmp_path, mailboxes.port, prepared=prepared), tmp_path / "mta.sock"
    gateway.config.write_text(gateway.config.read_text().replace(f"{LOOPBACK}:{gateway.lmtp}", f"unix:{path}"))
    gateway.copy()
    activated(gateway, f"{LOOPBACK}:{gateway.smtp}", str(path)).spawn()
    until(path.exists, "the sockets")
    committed = [gateway.accept(message(AUTHOR), AUTHOR)]
    with smtplib.LMTP(str(path), timeout=30) as client:
        committed.append(committed_id(*hand_over(client, message(AUTHOR), AUTHOR)))
    assert gateway.terminate() == 0, gateway.stderr()
    assert path.is_socket()
    with gateway.database() as database:
        assert sorted(committed) == [one for (one,) in database.execute("SELECT id FROM message ORDER BY id")]


def test_a_socket_that_is_for_no_listener_is_told_at_the_start(tmp_path: Path, mailboxes: Sink, prepared: Path) -> None:
    """Whoever connected to it would wait for ever: one line, and 78, so that systemd does not try again."""
    gateway, port = Gateway(tmp_path, mailboxes.port, prepared=prepared), free_port()
    gateway.copy()
    activated(gateway, f"{LOOPBACK}:{port}", options=("--fdname=typo",)).spawn()
    until(lambda: accepts(port), "the socket")
    assert gateway.running.wait(60) == 78
    (line,) = [line for line in gateway.stderr().splitlines() if line.startswith("gateway: ")]
    assert f"systemd has passed {LOOPBACK}:{port} (typo), which nothing here is to listen on" in line
