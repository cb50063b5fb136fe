"""`check --canary` through real borders: one that removes what claims its id, and those that do less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from e2e.process import Gateway
from e2e.waiting import LOOPBACK
from nameserver import Server
from peers.milters import Milters
from peers.postfix import HOSTNAME, Postfix
from peers.town import Town

pytestmark = pytest.mark.peers

STAMP = (r"@gateway\.example\.it$", f"{HOSTNAME}; dmarc=fail header.from=gateway.example.it")
# What a border does by milter or header_checks; here the forged ones alone, for a stamp is a field like them.
STRIP = rf"/^Authentication-Results: *{HOSTNAME};.*canary/ IGNORE"


@pytest.fixture
def gateway(tmp_path, town: Town, prepared) -> Iterator[Gateway]:
    """With a nameserver that knows no SPF of the gateway's host name."""
    made = Gateway(tmp_path / "gateway", town.smarthost.port, town.smtp, town.lmtp, prepared)
    with Server({}) as server:
        host, port = server.address
        made.config.write_text(f"{made.config.read_text()}authentication: {{nameservers: ['{host}:{port}']}}\n")
        with made as running:
            yield running
    town.settle()


@contextmanager
def border(town: Town, tmp_path, *, stamps=(STAMP,), strips=False) -> Iterator[Postfix]:
    """A Postfix of its own, in front of the gateway's SMTP port."""
    checks = tmp_path / "checks"
    checks.write_text(f"{STRIP}\n")
    tmp_path.chmod(0o755)
    routes = ((r"^support@example\.it$", f"smtp:[{LOOPBACK}]:{town.smtp}"),)
    settings = f"header_checks = regexp:{checks}\n" if strips else ""
    with Postfix(town.elsewhere.port, routes, stamps, settings=settings) as mta:
        yield mta


def canary(gateway: Gateway, mta: Postfix) -> tuple[int, list[str]]:
    """The exit code, and the states and words about the canary."""
    done = gateway.cli("check", "--canary", "--via", f"{LOOPBACK}:{mta.port}", "--wait", "30")
    lines = [line for line in done.stdout.splitlines() if line.split()[1:2] == ["canary"]]
    return done.returncode, [" ".join(line.split()) for line in lines]


def test_a_border_that_strips_is_well(town: Town, gateway: Gateway, tmp_path) -> None:
    """RFC 8601 §5: the forged field is gone, and the border's own is there."""
    with border(town, tmp_path, strips=True) as mta:
        code, lines = canary(gateway, mta)
    assert (code, [line.split()[0] for line in lines]) == (0, ["ok", "ok", "ok"])
    assert "removed on the way" in lines[1]


def test_a_border_that_leaves_it_is_warned_of(town: Town, gateway: Gateway, tmp_path) -> None:
    """Not believed, for it stands below the border's Received; but it should not be there."""
    with border(town, tmp_path) as mta:
        code, lines = canary(gateway, mta)
    assert (code, [line.split()[0] for line in lines]) == (0, ["ok", "warn", "ok"])
    assert "was not believed" in lines[1]
    assert gateway.records("tickets", "list") == []


def test_a_border_that_says_nothing_is_warned_of(town: Town, gateway: Gateway, tmp_path) -> None:
    """No field of its own: nobody is vouched for."""
    with border(town, tmp_path, stamps=(), strips=True) as mta:
        code, lines = canary(gateway, mta)
    assert (code, [line.split()[0] for line in lines]) == (0, ["ok", "ok", "warn"])
    assert "wrote no Authentication-Results" in lines[2]


@pytest.mark.parametrize("strips", [True, False])
def test_milters_that_take_a_strangers_word_are_found_out(
    town: Town, gateway: Gateway, tmp_path, *, strips: bool
) -> None:
    """OpenDMARC 1.4.2 believes a stranger's spf=pass, and then says pass in its own name: 78, unless it is stripped."""
    zone = {("_dmarc.gateway.example.it", "TXT"): ["v=DMARC1; p=reject"]}
    with Milters(zone) as milters:
        settings = milters.settings + (milters.stripping if strips else "")
        routes = ((r"^support@example\.it$", f"smtp:[{LOOPBACK}]:{town.smtp}"),)
        with Postfix(town.elsewhere.port, routes, settings=settings) as mta:
            code, lines = canary(gateway, mta)
    assert (code, lines[-1].split()[0]) == ((0, "ok") if strips else (78, "FAIL")), lines
