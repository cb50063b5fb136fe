"""The metrics of the process itself, where the configuration asks for them."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

from e2e.border import message
from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port, until

AUTHOR = "tecnico@rossi.example"


def test_a_message_and_its_letter_are_counted(tmp_path: Path, mailboxes: Sink, prepared: Path) -> None:
    """Received, decided, vouched for, delivered; and it still ends when told to."""
    port = free_port()
    gateway = Gateway(tmp_path, mailboxes.port, prepared=prepared)
    with gateway.config.open("a") as config:
        config.write(f"metrics: {{listen: {LOOPBACK}:{port}}}\n")
    with gateway:
        gateway.accept(message(AUTHOR), AUTHOR)
        delivered = 'gateway_deliveries_total{outcome="delivered"} 1.0'
        lines = until(lambda: told(port, delivered), delivered)
        assert {
            'gateway_received_total{ingress="from-mta"} 1.0',
            'gateway_dispositions_total{disposition="accept",reason="registered"} 1.0',
            'gateway_evidence_total{result="pass",source="header"} 1.0',
            'gateway_border_silent{ingress="from-mta"} 0.0',
            'gateway_bound_limit{bound="memory"} 6.7108864e+07',
            'gateway_bound_limit{bound="commits"} 2048.0',
            'gateway_bound_limit{bound="connections from-mta"} 100.0',
            'gateway_put_off_total{bound="disk"} 0.0',
        } <= lines
        assert "held by the running gateway" in next(
            line for line in gateway.cli("check").stdout.splitlines() if " metrics " in line
        )
        assert gateway.terminate() == 0


def told(port: int, line: str) -> set[str]:
    """The lines of the page, once this one is among them."""
    with urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=10) as page:
        lines = set(page.read().decode().splitlines())
    return lines if line in lines else set()
