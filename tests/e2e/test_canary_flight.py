"""`check --canary` beside the real process: one that believes anybody, one that is down, a border that refuses."""

from __future__ import annotations

import subprocess

from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port


def canary(gateway: Gateway, port: int, *options: str) -> tuple[int, list[str]]:
    """The exit code, and the lines about the canary."""
    done: subprocess.CompletedProcess[str] = gateway.cli("check", "--canary", "--via", f"{LOOPBACK}:{port}", *options)
    return done.returncode, [line for line in done.stdout.splitlines() if line.split()[1:2] == ["canary"]]


def test_a_forged_field_that_is_believed_fails(gateway: Gateway) -> None:
    """Whoever may connect as the border's peer and writes no Received can write as anybody: 78, and nothing is left."""
    code, (arrived, believed, genuine) = canary(gateway, gateway.smtp)
    assert code == 78
    assert arrived.startswith("ok    canary      arrived by from-mta")
    assert believed.startswith("FAIL")
    assert "was believed" in believed
    assert genuine.startswith("warn")
    (record,) = gateway.records("messages", "list")
    assert (record["disposition"], record["reason"]) == ("discard", "canary")
    assert gateway.records("tickets", "list") == gateway.records("outbox", "list") == []


def test_a_gateway_that_is_down_is_told_of_at_once(gateway: Gateway) -> None:
    """Nothing is sent where nothing could arrive."""
    gateway.terminate()
    code, (line,) = canary(gateway, free_port())
    assert code == 78
    assert "no gateway runs" in line


def test_what_does_not_take_it_is_named(gateway: Gateway) -> None:
    """With what it said."""
    with Sink(free_port(), answer=lambda _letter: "554 5.7.1 forged mail is not wanted") as border:
        code, (line,) = canary(gateway, border.port)
    assert code == 78
    assert f"{LOOPBACK}:{border.port} did not take it" in line
    assert "forged mail is not wanted" in line


def test_what_never_arrives_is_told_of_in_time(gateway: Gateway) -> None:
    """A border that takes it and routes it elsewhere; the wait is bounded."""
    with Sink(free_port()) as border:
        code, (line,) = canary(gateway, border.port, "--wait", "1")
        (sent,) = border.letters
    assert code == 78
    assert "not arrived within 1 s" in line
    assert (sent.reverse_path, sent.forward_paths) == ("canary@gateway.example.it", ("support@example.it",))
