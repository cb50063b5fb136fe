"""`gateway status` beside the running daemon."""

from __future__ import annotations

from e2e.border import message
from e2e.process import Gateway
from e2e.waiting import until
from gateway import __version__

AUTHOR = "tecnico@rossi.example"


def test_a_listener_tells_of_its_last_message(gateway: Gateway) -> None:
    """Each ingress has its line; a message shows within two seconds; without the daemon there is nothing to tell."""
    until(lambda: gateway.cli("status").returncode == 0, "the first status")
    assert {one["ingress"]: (one["kind"], one["last_success"]) for one in gateway.records("status")} == {
        "from-mta": ("smtp", None),
        "from-mta-lmtp": ("lmtp", None),
    }
    gateway.accept(message(AUTHOR), AUTHOR)
    until(lambda: gateway.records("status")[0]["last_success"], "the message in the status")
    assert [(one["state"], one["lag"], one["unread"]) for one in gateway.records("status")] == [("ok", 0, 0)] * 2
    told = gateway.cli("status").stdout
    assert f"gateway {__version__}, up since 20" in told
    assert "quarantine: 0 held" in told
    assert "memory: 0 of 64 MiB, 0 put off" in told
    assert "commits: 0 of 2048, 0 put off" in told
    assert "of 100, 0 put off" in told
    assert "256 MiB of it to stay so, 0 put off" in told
    gateway.terminate()
    done = gateway.cli("status")
    assert (done.returncode, done.stdout) == (69, "")
    assert "no gateway runs" in done.stderr


def test_the_head_of_the_audit_is_in_the_log(gateway: Gateway) -> None:
    """At the start, for whoever keeps logs elsewhere: `audit verify` finds it in the chain, later too."""
    until(lambda: "audit.head" in gateway.stderr(), "the head in the log")
    [head] = gateway.records("audit", "head")
    assert head["hash"] in gateway.stderr()
    assert gateway.cli("accounts", "add-address", "ROSSI-001", "paolo@rossi.example").returncode == 0
    assert gateway.records("audit", "head")[0]["rows"] == head["rows"] + 1
    assert gateway.cli("audit", "verify", "--head", head["hash"]).returncode == 0


def test_a_second_gateway_on_one_database_ends_and_names_the_first(gateway: Gateway) -> None:
    """Before it takes or touches anything: 78 and one line; the first one goes on, and is still the holder."""
    again = gateway.cli("run")
    assert again.returncode == 78
    [line] = again.stderr.splitlines()
    assert f"another gateway runs on this database: process {gateway.running.pid}; stop it" in line
    assert gateway.message(gateway.accept(message(AUTHOR), AUTHOR))["disposition"] == "accept"
    assert gateway.cli("run").stderr == again.stderr
