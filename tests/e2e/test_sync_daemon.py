"""A source of accounts beside the running daemon: asked at once, told in the status, changed by a reload."""

from __future__ import annotations

import signal

from e2e.process import Gateway
from e2e.waiting import until

HEADER = "code,name,language,status,primary,secondary,services\n"
SOURCE = "accounts: {{sources: [{{name: crm, every: 1h, file: {{path: {}.csv}}}}]}}\n"


def test_what_a_source_says_is_known_to_the_daemon(gateway: Gateway) -> None:
    """Its accounts are there soon after a reload; when it fails the status says why, and what was stays."""
    (gateway.folder / "one.csv").write_text(f"{HEADER}VERDI-003,Verdi,it,active,posta@verdi.example,,\n")
    config = gateway.config.read_text()

    def reload(name: str) -> None:
        gateway.config.write_text(config + SOURCE.format(name))
        gateway.running.send_signal(signal.SIGHUP)

    reload("one")
    until(lambda: gateway.cli("accounts", "show", "VERDI-003").returncode == 0, "the account of the source")
    [told] = [one for one in gateway.records("status") if one["ingress"] == "accounts crm"]
    assert (told["kind"], told["state"], told["last_error"]) == ("file", "ok", "")
    assert [one["by"] for one in gateway.records("audit", "list")][-1] == "sync:crm"
    reload("other")
    assert gateway.cli("accounts", "sync").returncode == 75
    [told] = [one for one in gateway.records("status") if one["ingress"] == "accounts crm"]
    assert told["state"] == "trouble"
    assert "other.csv: No such file" in told["last_error"]
    assert gateway.cli("accounts", "show", "VERDI-003").returncode == 0
