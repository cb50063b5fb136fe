"""A border with Debian's OpenDKIM and OpenDMARC: the fields that they really write, read by the gateway behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dkim_signing import record, signed
from e2e.border import letter
from e2e.process import Gateway
from nameserver import Server
from peers.milters import Milters
from peers.postfix import HOSTNAME, Postfix
from peers.town import Town

pytestmark = pytest.mark.peers

AUTHOR = "tecnico@rossi.example"
ATTACKER = "eve@attack.example"
SIGNED_FIELDS = "from:to:subject:date:message-id"
ZONE = {
    ("_dmarc.rossi.example", "TXT"): ["v=DMARC1; p=reject"],
    ("_dmarc.attack.example", "TXT"): ["v=DMARC1; p=reject"],
    **{(f"s1._domainkey.{one}.example", "TXT"): [record()] for one in ("rossi", "smith", "attack")},
}
"""smith.example signs, and has no DMARC record."""
BY_SMTP_AND_LMTP = pytest.mark.parametrize("recipient", ["support@example.it", "assistenza@example.it"])


@pytest.fixture(scope="module")
def milters() -> Iterator[Milters]:
    with Milters(ZONE) as running:
        yield running


@pytest.fixture(scope="module")
def silence() -> Iterator[Server]:
    """The gateway's own nameserver, which knows nothing: what counts is what the border says."""
    with Server({}) as running:
        yield running


@pytest.fixture(scope="module")
def town(town: Town, milters: Milters) -> Iterator[Town]:
    """The town's border has milters, and strips what claims to be theirs."""
    with Postfix(town.elsewhere.port, town.border.routes, settings=milters.settings + milters.stripping) as border:
        yield replace(town, border=border)


@pytest.fixture(scope="module")
def careless(town: Town, milters: Milters) -> Iterator[Postfix]:
    """A border that leaves in place what claims to be theirs."""
    with Postfix(town.elsewhere.port, town.border.routes, settings=milters.settings) as border:
        yield border


@pytest.fixture
def gateway(tmp_path: Path, town: Town, prepared: Path, silence: Server) -> Iterator[Gateway]:
    """The gateway behind them, with its own nameserver."""
    host, port = silence.address
    made = Gateway(tmp_path, town.smarthost.port, town.smtp, town.lmtp, prepared)
    made.config.write_text(f"{made.config.read_text()}authentication:\n  nameservers: ['{host}:{port}']\n")
    with made as running:
        yield running
    town.settle()


@BY_SMTP_AND_LMTP
def test_a_customers_signed_mail_is_accepted(town: Town, gateway: Gateway, recipient: str) -> None:
    """I2: OpenDMARC's pass for the author's domain, in a field of its own above Received."""
    assert judged(town.border, gateway, mail(domain="rossi.example"), recipient) == ("accept", "registered", "header")


@BY_SMTP_AND_LMTP
def test_unsigned_mail_in_a_customers_name_is_held(town: Town, gateway: Gateway, recipient: str) -> None:
    """Being registered is not being authenticated."""
    assert judged(town.border, gateway, mail(), recipient) == ("quarantine", "unauthenticated", "header")


@BY_SMTP_AND_LMTP
def test_mail_that_the_attacker_signed_is_held(town: Town, gateway: Gateway, recipient: str) -> None:
    """Threats rule 4: OpenDKIM says pass, truly, for another domain."""
    assert judged(town.border, gateway, mail(domain="attack.example"), recipient)[:2] == (
        "quarantine",
        "unauthenticated",
    )


@BY_SMTP_AND_LMTP
def test_both_fields_are_read_together(town: Town, gateway: Gateway, recipient: str) -> None:
    """Threats rule 6: OpenDMARC's field says that there is no policy, OpenDKIM's has the proof."""
    data = mail("dev@smith.example", domain="smith.example")
    assert judged(town.border, gateway, data, recipient) == ("accept", "registered", "header")


@pytest.mark.parametrize(
    "forged",
    [
        "dmarc=pass header.from=rossi.example",
        "dmarc=pass header.from=rossi.example; dkim=pass header.d=rossi.example header.s=s1",
        "spf=pass smtp.mailfrom=rossi.example; dmarc=pass header.from=rossi.example",
    ],
)
def test_a_forged_field_of_the_borders_id_counts_as_nothing(
    careless: Postfix, gateway: Gateway, town: Town, forged: str
) -> None:
    """Threats rule 5: the milters leave it in place below the border's Received, or take it out; it proves nothing."""
    data = mail(fields=f"Authentication-Results: {HOSTNAME}; {forged}\r\n")
    assert judged(careless, gateway, data)[:2] == ("quarantine", "unauthenticated")


FOOLING = (
    f"Authentication-Results: {HOSTNAME}; spf=pass smtp.mailfrom=rossi.example\r\n",
    "Received-SPF: pass (x) identity=mailfrom; envelope-from=eve@rossi.example\r\n",
)
"""What OpenDMARC 1.4.2 takes for the border's own SPF check, whoever wrote it."""


@pytest.mark.parametrize("fields", FOOLING)
def test_a_border_that_strips_is_not_fooled(town: Town, gateway: Gateway, fields: str) -> None:
    """RFC 8601 §5: removed before the milters look, so OpenDMARC sees no SPF result and says fail."""
    data = mail(fields=fields)
    assert judged(town.border, gateway, data, sender="eve@rossi.example")[:2] == ("quarantine", "unauthenticated")


@pytest.mark.parametrize("fields", FOOLING)
def test_a_border_that_does_not_strip_is_fooled(careless: Postfix, gateway: Gateway, town: Town, fields: str) -> None:
    """Why docs/operating.md wants it stripped: OpenDMARC says pass, and nothing behind it can tell the difference."""
    data = mail(fields=fields)
    assert judged(careless, gateway, data, sender="eve@rossi.example")[0] == "accept"


@BY_SMTP_AND_LMTP
def test_with_the_milters_down_nothing_is_proved(
    town: Town, gateway: Gateway, milters: Milters, recipient: str
) -> None:
    """`milter_default_action = accept` hands mail on without any field: it is held, whatever the sender wrote."""
    milters.stop()
    try:
        data = mail(fields=f"Authentication-Results: {HOSTNAME}; dmarc=pass header.from=rossi.example\r\n")
        assert judged(town.border, gateway, data, recipient)[:2] == ("quarantine", "unauthenticated")
    finally:
        milters.start()


def test_with_the_milters_down_our_own_check_decides(
    town: Town, gateway: Gateway, milters: Milters, silence: Server
) -> None:
    """Where no border vouches, a signature that we verify ourselves does; the key is asked of our own nameserver."""
    milters.stop()
    silence.zone.update(ZONE)
    try:
        assert judged(town.border, gateway, mail(domain="rossi.example")) == ("accept", "registered", "own")
    finally:
        silence.zone.clear()
        milters.start()


def mail(author: str = AUTHOR, *, domain: str = "", fields: str = "") -> bytes:
    """A letter, signed for `domain` where one is given."""
    data = letter(author, fields=fields).encode()
    return signed(data, domain=domain, h=SIGNED_FIELDS) if domain else data


def judged(
    border: Postfix, gateway: Gateway, data: bytes, recipient: str = "support@example.it", sender: str = ATTACKER
) -> tuple[str, str, str]:
    """Handed to the border; what the gateway made of it: disposition, reason, and whose evidence."""
    border.submit(data, sender, recipient)
    border.idle()
    record = gateway.message(gateway.records("messages", "list")[-1]["id"])
    return record["disposition"], record["reason"], record["evidence"]["source"]
