"""Exim and OpenSMTPD, Debian's packages with the very lines of docs/operating.md, on both sides of the gateway."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from dkim_signing import record, signed
from e2e.border import letter
from e2e.process import ROOT, Gateway
from e2e.sink import Letter, Sink
from e2e.waiting import LOOPBACK, accepts, free_port, until
from nameserver import Server
from peers.overlay import Overlay

pytestmark = [pytest.mark.peers, pytest.mark.slow]

AUTHOR, PRIMARY, SUPPORT = "tecnico@rossi.example", "amministrazione@rossi.example", "support@example.it"
SECONDS = 60.0
_BLOCK = re.compile(r"^```\n# (/etc/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIM = """\
dc_eximconfig_configtype='internet'
dc_local_interfaces='{interface}'
dc_relay_domains='example.it'
dc_relay_nets='127.0.0.1'
dc_use_split_config='true'
dc_minimaldns='true'
CFILEMODE='644'
"""
_BEHIND = """\
elsewhere:
  driver = manualroute
  domains = ! example.it
  route_list = * 127.0.0.1::{port}
  self = send
  transport = remote_smtp
"""
_RESUME = "for n in $(smtpctl show routes | cut -d. -f1); do smtpctl resume route $n; done; smtpctl schedule all"


@dataclass(frozen=True, slots=True)
class Mta:
    """One that runs."""

    port: int
    lmtp: int
    """Where it looks for the gateway."""
    outside: Sink
    """Where it sends what is not ours."""
    now: Sequence[str]
    """What has it try now what was put off."""

    def again(self) -> None:
        """Have it try what was put off, as on a connection that the gateway of the test before had left."""
        subprocess.run(self.now, check=False, capture_output=True, timeout=SECONDS)

    def first_letter(self) -> Letter:
        """What comes out of it first."""
        until(lambda: self.again() or self.outside.letters, "a letter", SECONDS)
        return self.outside.letters[0]


def of_the_page(section: str, lmtp: int) -> dict[str, str]:
    """The files that a section shows, with the listener of the test for the page's."""
    page = (ROOT / "docs" / "operating.md").read_text()
    text = page.partition(f"\n### {section}\n")[2].partition("\n### ")[0]
    files = dict(_BLOCK.findall(text))
    assert any("8024" in one for one in files.values())
    return {path: text.replace("8024", str(lmtp)) for path, text in files.items()}


@pytest.fixture(scope="module", params=["exim", "opensmtpd"])
def mta(request: pytest.FixtureRequest) -> Iterator[Mta]:
    """Installed, wired as the page says, on a port of its own; what goes elsewhere goes to a sink."""
    port, lmtp, outside = free_port(), free_port(), free_port()
    if request.param == "exim":
        package, command, ready = "exim4-daemon-light", ["exim4", "-bdf", "-q1h"], [["update-exim4.conf"]]
        files = of_the_page("Exim", lmtp) | {
            "/etc/exim4/update-exim4.conf.conf": _EXIM.format(interface=f"{LOOPBACK}.{port}"),
            "/etc/exim4/conf.d/router/160_elsewhere": _BEHIND.format(port=outside),
        }
        again = ["exim4", "-qff"]
    else:
        package, command, ready, again = "opensmtpd", ["smtpd", "-d"], [["smtpd", "-n"]], ["sh", "-c", _RESUME]
        files = of_the_page("OpenSMTPD", lmtp)
        [path] = files
        for page, ours in (
            ("listen on 0.0.0.0", f"listen on {LOOPBACK} port {port}"),
            ('action "out" relay', f'action "out" relay host "smtp://{LOOPBACK}:{outside}"'),
        ):
            assert page in files[path]
            files[path] = files[path].replace(page, ours)
    with ExitStack() as stack:
        sink = stack.enter_context(Sink(outside))
        system = stack.enter_context(Overlay(package, files))
        for one in ready:
            system.run(*one)
        running = system.start(*command)
        stack.callback(running.wait, SECONDS)
        stack.callback(os.killpg, running.pid, signal.SIGTERM)
        until(lambda: accepts(port), package, SECONDS)
        yield Mta(port, lmtp, sink, system.command(*again))


@pytest.fixture
def gateway(mta: Mta, tmp_path: Path, prepared: Path) -> Iterator[Gateway]:
    """Behind it, with a nameserver that knows the customer's key."""
    zone = {
        ("_dmarc.rossi.example", "TXT"): ["v=DMARC1; p=reject"],
        ("s1._domainkey.rossi.example", "TXT"): [record()],
    }
    with Server(zone) as nameserver:
        host, port = nameserver.address
        made = Gateway(tmp_path, mta.port, lmtp=mta.lmtp, prepared=prepared)
        text = made.config.read_text().replace("trusted_authserv_ids: [mx.example.it]", "trusted_authserv_ids: []")
        made.config.write_text(f"{text}authentication:\n  nameservers: ['{host}:{port}']\n")
        with made:
            yield made
    mta.outside.clear()


def submit(mta: Mta, recipient: str = SUPPORT, **given: str) -> None:
    """A customer's signed mail, as from the world."""
    data = signed(letter(AUTHOR, **given).encode(), h="from:to:subject:date:message-id")
    with smtplib.SMTP(LOOPBACK, mta.port, timeout=SECONDS) as client:
        client.sendmail(AUTHOR, [recipient], data)


def test_a_customers_mail_comes_in_and_the_primary_is_told(mta: Mta, gateway: Gateway) -> None:
    """R4, I2: its signature is whole behind the MTA; the acknowledgement leaves by the same MTA, to the primary."""
    submit(mta)
    acknowledgement = mta.first_letter()
    (message,) = gateway.records("messages", "list")
    shown = gateway.message(message["id"])
    assert (shown["disposition"], shown["reason"], shown["evidence"]["source"]) == ("accept", "registered", "own")
    assert acknowledgement.forward_paths == (PRIMARY,)


def test_an_answer_finds_its_ticket_by_the_reply_address(mta: Mta, gateway: Gateway) -> None:
    """R9: what stands behind the plus arrives as we wrote it, capitals too."""
    submit(mta)
    acknowledgement = mta.first_letter()
    submit(mta, str(acknowledgement.message["Reply-To"]), subject="un'altra cosa", text="Grazie.\r\n")
    until(lambda: mta.again() or len(gateway.records("messages", "list")) == 2, "the answer", SECONDS)
    (ticket,) = gateway.records("tickets", "list")
    assert ticket["entries"] == 2


def test_nothing_is_lost_while_the_gateway_is_away(mta: Mta, gateway: Gateway) -> None:
    """The MTA keeps it, and bounces nothing."""
    gateway.terminate()
    for number in range(3):
        submit(mta, subject=f"n {number}")
    gateway.start()

    until(lambda: mta.again() or len(gateway.records("messages", "list")) == 3, "all three", SECONDS)
    assert {one["subject"] for one in gateway.records("messages", "list")} == {"n 0", "n 1", "n 2"}
    assert {one.forward_paths for one in mta.outside.letters} <= {(PRIMARY,)}
