"""Attacks by certified mail: envelopes written by strangers, borrowed from others, or wrapped around something else."""

from __future__ import annotations

import re

import pytest

import house
from attacks.making import PASS, Case, mail, stamped
from gateway.authentication.smime import Smime
from gateway.core import pec, pec_data
from pec_signing import ANNA, MAIL, PROVIDER, ca_file, data, enveloped, parts, party, seal, wrapped

EVE = "eve@pec.example"
MINE = data(EVE)
"""What Eve's own provider would certify of her."""
FROM_EVE = MAIL.replace(ANNA.encode(), EVE.encode())
GOOD = parts()
SEAL = seal(GOOD)
POSTACERT = b'--in\r\nContent-Type: message/rfc822; name="postacert.eml"\r\n\r\n' + MAIL + b"\r\n"
DATICERT = b'--in\r\nContent-Type: application/xml; name="daticert.xml"\r\n\r\n' + data().replace(b"\n", b"\r\n")

INSIDE = re.sub(rb'(--|")(in|out)(?=["\r-])', rb"\1another-\2", enveloped())


def sealed(signed: bytes, **how) -> bytes:
    return wrapped(signed, seal(signed), **how)


CASES = [
    Case("no signature", wrapped(GOOD, b"")),
    Case("signed by another authority's provider", enveloped(MAIL, None, party(issuer="Eve CA"))),
    Case("signed by another provider than it is from", enveloped(author="posta-certificata@other.example")),
    Case("signed by a customer of the authority", enveloped(MAIL, None, party(EVE))),
    Case("from the customer of the authority that signed", enveloped(MAIL, None, party(EVE), author=EVE)),
    Case("an expired certificate", enveloped(MAIL, None, party(until=2026))),
    Case("signed over other content", wrapped(GOOD, seal(parts(FROM_EVE, MINE)))),
    Case("the message changed", wrapped(GOOD.replace(b"raggiungibile", b"RAGGIUNGIBILE"), SEAL)),
    Case(
        "the signed part behind one of the attacker's",
        sealed(GOOD).replace(b"--out\r\n", b"--out\r\n\r\nx\r\n--out\r\n", 1),
    ),
    Case("a part behind the signature", wrapped(GOOD, SEAL, after=b"--out\r\n" + GOOD)),
    Case(
        "the signed part inside another",
        wrapped(b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n' + GOOD + b"\r\n--x--\r\n", SEAL),
    ),
    Case("as plain multipart/mixed", wrapped(GOOD, SEAL).replace(b"multipart/signed", b"multipart/mixed", 1)),
    Case("inside and outside have one boundary", sealed(GOOD.replace(b'"in"', b'"out"').replace(b"--in", b"--out"))),
    Case("Eve's message, certified as Anna's by a stranger", enveloped(FROM_EVE, None, party(issuer="Eve CA"))),
    Case("Anna in the message, Eve in the certificate", enveloped(MAIL, MINE), "reject malformed-author"),
    Case("Eve in the message, Anna in the certificate", enveloped(FROM_EVE), "reject malformed-author"),
    Case("two messages", sealed(parts(FROM_EVE, MINE, POSTACERT))),
    Case("two certificates", sealed(parts(MAIL, MINE, DATICERT))),
    Case("a certificate of something else", enveloped(MAIL, data(kind="accettazione"))),
    Case("a certificate that tells of an error", enveloped(MAIL, data(error="virus"))),
    Case("certified to somebody else, who sends it on", enveloped(MAIL, data(ANNA, "eve@elsewhere.example"))),
    Case("certified to a name like ours", enveloped(MAIL, data(ANNA, "support@example.it.attack.example"))),
    Case("an entity", enveloped(MAIL, data().replace(b"<postacert", b'<!DOCTYPE x [<!ENTITY a "b">]><postacert', 1))),
    Case("a certificate that is too large", enveloped(MAIL, data() + b" " * pec_data.OCTETS)),
    Case("a signature that is too large", wrapped(GOOD, bytes(pec.SIGNATURE_OCTETS + 1))),
    Case("an anomaly envelope", enveloped(kind="errore")),
    Case("two words for its kind", enveloped(more="X-Trasporto: errore\r\n")),
    Case("a provider's address and no envelope", mail(f"From: {PROVIDER}")),
    Case("an envelope inside an envelope", enveloped(INSIDE, data(PROVIDER)), "quarantine look-alike"),
    Case(
        "postacert.eml in a stranger's mail",
        mail(
            f"From: {EVE}",
            kind="X-Trasporto: posta-certificata\r\n" + "Content-Type: multipart/mixed; boundary=in",
            body=GOOD.partition(b"\r\n\r\n")[2],
        ),
    ),
    Case(
        "the border's pass for Anna inside",
        enveloped(b"Authentication-Results: mx.example.it; " + PASS.encode() + b"\r\n" + FROM_EVE, MINE),
        "quarantine unregistered",
    ),
    Case("Eve's own envelope", enveloped(FROM_EVE, MINE), "quarantine unregistered"),
    Case("a forged field beside a good envelope", stamped(enveloped(FROM_EVE, MINE), PASS), "quarantine unregistered"),
]


async def fate(folder, raw):
    """What the record of a gateway that believes one authority says."""
    with house.gateway(folder) as gateway:
        receiver = gateway.examining(seals=Smime(ca_file(folder))).receiver
        return gateway.message((await receiver(gateway.arrival(raw))).id)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_no_envelope_makes_eve_into_anna(tmp_path, case):
    """An envelope is believed whole or not at all; what is believed proves the sender inside, and nobody else."""
    found = await fate(tmp_path, case.raw)
    assert f"{found['disposition']} {found['reason']}" == case.want, found["trace"]


async def test_the_envelope_that_these_are_made_of_is_good(tmp_path):
    """Else every row above would hold for a wrong reason."""
    found = await fate(tmp_path, wrapped(GOOD, SEAL))
    assert (found["disposition"], found["author"]) == ("accept", ANNA)


@pytest.mark.parametrize("name", [b"Per conto di: tecnico", b"Per conto di: postmaster"])
async def test_an_envelope_about_mail_that_fails_is_no_report(tmp_path, name):
    """What a provider writes around a customer's words is read with them: its kind says what it is."""
    raw = wrapped(GOOD, SEAL)
    assert b"POSTA CERTIFICATA: Il sito non risponde" in raw
    raw = raw.replace(b"Il sito non risponde", b"errore di consegna verso gmail", 1)
    found = await fate(tmp_path, raw.replace(b"Per conto di: tecnico", name, 1))
    assert (found["disposition"], found["author"]) == ("accept", ANNA)
