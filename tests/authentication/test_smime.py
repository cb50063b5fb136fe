"""Seals, over the real openssl: who is believed, when, and what could not be asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.authentication.smime import Smime
from gateway.core.address import Address
from gateway.core.message import Seal
from gateway.ports import Unavailable
from pec_signing import PROVIDER, authority, ca_file, party, seal

AT = datetime(2026, 11, 22, tzinfo=UTC)
OCTETS = b"Content-Type: text/plain\r\n\r\nx\r\n"
WEB = "1.3.6.1.5.5.7.3.1"


@pytest.fixture
def doubt(tmp_path):
    """Ask about a signature."""

    async def ask(signature, *, provider=PROVIDER, octets=OCTETS, at=AT):
        return await Smime(ca_file(tmp_path)).doubt(Seal(Address.parse(provider), octets, signature), at)

    return ask


async def test_a_providers_own_seal_is_not_doubted(doubt):
    """The certificate's address is the provider's, whatever the case of its letters."""
    assert await doubt(seal(OCTETS)) == ""
    assert await doubt(seal(OCTETS), provider="Posta-Certificata@PEC.example") == ""


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (seal(OCTETS, party(issuer="Another CA")), "unable to get local issuer"),
        (seal(OCTETS, party(until=2026)), "expired"),
        (seal(OCTETS, party(since=2027, until=2028)), "not yet valid"),
        (seal(OCTETS, party(usage=WEB)), "purpose"),
        (seal(OCTETS, party("posta-certificata@other.example")), "signed by posta-certificata@other.example"),
        (seal(OCTETS, party("eve@pec.example")), "signed by eve@pec.example"),
        (seal(OCTETS, party(), party("posta-certificata@other.example")), "2 signers"),
        (seal(OCTETS, authority("Another CA")), "self"),
        (seal(b"other"), "content verify error"),
        (seal(b"other", more=("-nodetach",)), "content verify error"),
        (seal(OCTETS, more=("-nocerts",)), "signer certificate not found"),
        (seal(OCTETS)[:-1], "not good"),
        (b"", "not good"),
        (b"\x30\x84\xff\xff\xff\xff" + b"\x30" * 1000, "not good"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_any_other_seal_is(doubt, signature, why):
    """Another authority, another time, purpose, address or content; nobody, or more than one."""
    assert why in await doubt(signature)


async def test_what_a_detached_signature_holds_besides_is_not_what_is_verified(doubt):
    """A signature may carry a content of its own: ours is what counts."""
    assert await doubt(seal(OCTETS, more=("-nodetach",))) == ""


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_a_file_of_authorities_that_is_not_to_be_read_is_our_fault(tmp_path, content):
    """I9: nobody is refused for it, and `check` tells of it."""
    path = tmp_path / "pec.pem"
    if content is not None:
        path.write_bytes(content)
    smime = Smime(path)
    assert "pec.pem" in smime.trouble()
    with pytest.raises(Unavailable, match=r"pec\.pem"):
        await smime.doubt(Seal(Address.parse(PROVIDER), OCTETS, seal(OCTETS)), AT)


async def test_a_good_file_is_no_trouble_and_a_missing_command_is(tmp_path, monkeypatch):
    """I9."""
    smime = Smime(ca_file(tmp_path))
    assert smime.trouble() == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in smime.trouble()
    with pytest.raises(Unavailable, match="not installed"):
        await smime.doubt(Seal(Address.parse(PROVIDER), OCTETS, b""), AT)


async def test_a_command_that_says_something_new_defers(tmp_path, monkeypatch):
    """An exit code that is no verdict is not taken for one."""
    (tmp_path / "openssl").write_text('#!/bin/sh\ntest "$1" = storeutl || exit 9\n')
    (tmp_path / "openssl").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="ended with 9"):
        await Smime(ca_file(tmp_path)).doubt(Seal(Address.parse(PROVIDER), OCTETS, b""), AT)
