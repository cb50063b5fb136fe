"""What Debian's clamd says is understood: in an attachment too, and of what is too long for it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import pytest

from gateway.core.reason import Reason
from gateway.core.scan import Clean, Infected, NotScanned
from gateway.scanning.clamd import Clamd
from house import letter
from peers.clamav import PATTERN, SIGNATURE, STREAM_OCTETS, ClamAV

pytestmark = pytest.mark.peers

ATTACHED = letter().replace(
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n",
    b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename=fattura.bin\r\n\r\n" + b64encode(b"xx" + PATTERN + b"yy") + b"\r\n",
)


@pytest.fixture(scope="module")
def clamd() -> Iterator[Clamd]:
    with ClamAV() as running:
        yield Clamd(str(running.path), 30)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (letter(), Clean),
        (letter(text=PATTERN.decode()), Infected),
        (ATTACHED, Infected),
        (letter(text="x" * STREAM_OCTETS), NotScanned),
    ],
    ids=["clean", "in the text", "in an attachment", "too long"],
)
async def test_clamd_is_understood(gateway, clamd, raw, says):
    """The three answers, each from the program itself."""
    for _ in range(5):  # whether it hangs up first, or we read first
        scan = await clamd.scan(gateway.arrival(raw))
        assert isinstance(scan, says)
        assert scan.signature == {Infected: SIGNATURE, NotScanned: "not-scanned", Clean: ""}[says]


async def test_a_customers_virus_is_held(gateway, clamd):
    """From the bytes to the quarantine."""
    receipt = await gateway.examining(scanner=clamd).receive(ATTACHED)
    assert (receipt.verdict.reason, receipt.verdict.detail) == (Reason.VIRUS, f"a virus: {SIGNATURE}")
    assert gateway.tickets == []


async def test_its_version_is_told(clamd):
    assert (await clamd.version()).startswith("ClamAV ")
