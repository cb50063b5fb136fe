"""SIGHUP: a new set of policies rules from the next message on, whole or not at all, and the past stays as it was."""

from __future__ import annotations

import signal

from e2e.border import message
from e2e.process import Gateway
from e2e.waiting import until
from gateway.ops import board

AUTHOR = "tecnico@rossi.example"
HOLDS = "version: 1\nrules:\n  - {name: hold-all, when: 'true', then: quarantine}\n"
DISCARDS = "# edited\nversion: 1\nrules:\n  - {name: hold-all, when: 'true', then: discard}\n"
BAD = (
    "version: 1\nrules:\n  - {name: a, wh",
    "version: 1\nrules:\n  - {name: a, when: sise > 1, then: discard}\n",
    "version: 1\nrules:\n  - name: b\n    when: size > 1\n    then: {answer: none}\n",
)
"""Cut off, a misspelt fact, and an answer without a template."""


def reload(gateway: Gateway, text: str) -> None:
    """Another own.yaml beside the shipped file; returns when the daemon has read it, or refused to."""
    (gateway.folder / "policies" / "own.yaml").write_text(text)
    before = gateway.stderr().count("gateway.reload")
    gateway.running.send_signal(signal.SIGHUP)
    until(lambda: gateway.stderr().count("gateway.reload") > before, "the reload")


def refused(gateway: Gateway) -> str:
    """What the daemon has written down of its last reload."""
    return board.read(board.status_file(gateway.folder / "gateway.db")).in_force.refused


def test_a_bad_set_keeps_the_old_one_and_says_so_until_a_good_one(gateway: Gateway) -> None:
    """Good, bad, good: mail in between is ruled by the first, and what was decided keeps its line and its hash."""
    reload(gateway, HOLDS)
    first = gateway.message(gateway.accept(message(AUTHOR), AUTHOR))
    assert (first["disposition"], first["rule"]) == ("quarantine", "own.yaml:3 hold-all")

    for bad in BAD:
        reload(gateway, bad)
    between = gateway.message(gateway.accept(message(AUTHOR), AUTHOR))
    assert (between["rule"], between["policy"]) == (first["rule"], first["policy"])
    assert gateway.stderr().count("gateway.reload-refused") == len(BAD)
    until(lambda: "none.txt" in refused(gateway), "the refusal on the board")
    told = gateway.cli("status").stdout
    assert f"policy: {first['policy'][:12]}, in force since" in told
    assert "REFUSED" in told

    reload(gateway, DISCARDS)
    last = gateway.message(gateway.accept(message(AUTHOR), AUTHOR))
    assert (last["disposition"], last["rule"]) == ("discard", "own.yaml:4 hold-all")
    until(lambda: not refused(gateway), "the good one on the board")
    in_force = gateway.records("status")[0]["in_force"]
    assert (in_force["policy"], in_force["refused"], in_force["refused_at"]) == (last["policy"], "", None)
    assert gateway.message(first["id"]) == first


def test_a_candidate_beside_the_ruling_set_only_counts(gateway: Gateway) -> None:
    """Mail ends as ever, with a good candidate and with a bad one; `status` counts, and the log tells of both."""
    candidate = gateway.folder / "candidate"
    candidate.mkdir()
    (candidate / "own.yaml").write_text(DISCARDS)
    with gateway.config.open("a") as file:
        file.write(f"policies_shadow: {candidate}\n")
    reload(gateway, "version: 1\n")
    taken = gateway.message(gateway.accept(message(AUTHOR), AUTHOR))
    assert taken["disposition"] == "accept"
    until(lambda: "1 of 1 messages would end otherwise" in gateway.cli("status").stdout, "the count in the status")
    assert gateway.stderr().count("policy.diverges") == 1
    (candidate / "own.yaml").write_text(BAD[0])
    reload(gateway, "version: 1\n")
    assert "policy.shadow-refused" in gateway.stderr()
    assert gateway.message(gateway.accept(message(AUTHOR), AUTHOR))["disposition"] == "accept"
