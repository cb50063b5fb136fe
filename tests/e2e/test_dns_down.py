"""A nameserver that is not there, from the start on."""

from __future__ import annotations

from pathlib import Path

from e2e.border import message
from e2e.process import Gateway
from e2e.waiting import LOOPBACK, free_port, until

AUTHOR = "tecnico@rossi.example"


def test_without_dns_it_starts_takes_what_the_border_vouches_for_and_tells(tmp_path: Path, prepared: Path) -> None:
    """I9: a resolver that is down keeps nobody from starting; log, status and `check` say that it is."""
    gateway = Gateway(tmp_path, free_port(), prepared=prepared, daemon="e2e.hurried:main")
    with gateway.config.open("a") as config:
        config.write(f"authentication: {{nameservers: ['{LOOPBACK}:{free_port()}']}}\n")
    with gateway:
        gateway.accept(message(AUTHOR), AUTHOR)
        until(lambda: "dns.silent" in gateway.stderr(), "the warning")
        until(lambda: gateway.cli("status").returncode == 0, "the first status")
        [trouble] = until(lambda: gateway.records("status")[0]["troubles"], "the trouble in the status")
        assert trouble.startswith("no nameserver answers; ")
        [line] = [one for one in gateway.cli("check").stdout.splitlines() if one.split()[1] == "dns"]
        assert line.startswith("warn")
        assert gateway.stderr().count("dns.silent") == 1
