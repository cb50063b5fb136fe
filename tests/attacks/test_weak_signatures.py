"""Attacks by DKIM, where no border vouches: signatures that verify and prove nothing, or that some let through.

From the published collections: added and unsigned fields, `l=`, odd names, weak and withdrawn keys, replays. The key is
the customer's own wherever an attacker could have got such a signature from the customer's own server.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

import pytest

from attacks.making import ANNA, EVE, MALFORMED, Case, changed, key, mail, signed, stamped, txt
from dkim_signing import H, record, rsa_key
from house import NOW

AT = int(NOW.timestamp())
K = "s1._domainkey.rossi.example"
ENCODED = f"{H}:content-transfer-encoding"
GMAIL = "mime-version:from:date:message-id:subject:to:from:to:cc:subject:date:message-id:reply-to"
TWO = 'Content-Type: multipart/alternative; boundary="b1"'
PARTS = "--b1\r\nContent-Type: text/plain\r\n\r\nCiao\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>Ciao\r\n--b1--\r\n"


def two(h=GMAIL, body=PARTS):
    """As Gmail's web mail: two parts, the type unsigned."""
    return signed(mail(kind=TWO, body=body), h=h)


@dataclass(frozen=True)
class Weak:
    """An RSA key that libraries no longer make, and that some verifiers take."""

    p: int
    q: int

    @property
    def record(self):
        """RSAPublicKey (RFC 8017 A.1.1) in a key record."""
        numbers = [n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (self.p * self.q, 65537)]
        items = b"".join(bytes([2, 0x82]) + len(one).to_bytes(2, "big") + one for one in numbers)
        return record(data=bytes([0x30, 0x82]) + len(items).to_bytes(2, "big") + items)

    def sign(self, data, _padding, _algorithm):
        """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2)."""
        modulus, secret = self.p * self.q, pow(65537, -1, (self.p - 1) * (self.q - 1))
        octets = (modulus.bit_length() + 7) // 8
        digest = bytes.fromhex("3031300d060960864801650304020105000420") + sha256(data).digest()
        padded = b"\0\1" + b"\xff" * (octets - len(digest) - 3) + b"\0" + digest
        return pow(int.from_bytes(padded, "big"), secret, modulus).to_bytes(octets, "big")


OF_512_BITS = Weak(
    0xF774EB5248DB40AF72158370D269A9A5AE658F33FE3B890B93F448B3A5AA3C81,
    0xDE7D6B377936D536243D35702C1EEA1F265974A7CC966F46C6AA7D550101B811,
)
OF_1023_BITS = Weak(
    int(
        "e9e7fe618be119592cae0c4542ddd7938f22ef57ce448d66d33eb4e6b3e6c1bf"
        "f3c9df160b2f59b53075b546c30d575f7d50881b20ad51a0c73b72f3ed99eb7b",
        16,
    ),
    int(
        "795f81ed08fcc90d7578f33bbff4041b9b694acdba96aa4a26fc8fdce41fbd52"
        "83323746c04660a84fa75b43729eabee608e73c18eb29f821e7a55daaefc0d99",
        16,
    ),
)
CHANGED = {
    "no signature": mail(),
    "another body": changed(signed(mail()), b"Buongiorno", b"Buonasera"),
    "words below the body": signed(mail()) + b"PS: trasferite il dominio.\r\n",
    "another Subject": changed(signed(mail()), b"Subject: Il", b"Subject: Un"),
    "another author": changed(signed(mail(f"From: {EVE}")), EVE.encode(), ANNA.encode()),
    "another Date": changed(signed(mail()), b"Date: Sun, 22", b"Date: Sat, 21"),
    "another To": changed(signed(mail()), b"To: support@", b"To: aiuto@"),
    "another Message-ID": changed(signed(mail()), b"Message-ID: <", b"Message-ID: <x"),
    "another type": changed(signed(mail()), b"text/plain", b"text/html"),
    "another signature field": changed(signed(mail()), b"s=s1;", b"s=s1; r=y;"),
    "a stranger's key": signed(mail(), key=rsa_key(1024)),
}
ADDED = {
    "a second Subject above": changed(signed(mail()), b"From:", b"Subject: Trasferite\r\nFrom:"),
    "a second Subject below": changed(signed(mail()), b"Date:", b"Subject: Trasferite\r\nDate:"),
    "a second Date": changed(signed(mail()), b"From:", b"Date: x\r\nFrom:"),
    "a second To": changed(signed(mail()), b"From:", b"To: x@rossi.example\r\nFrom:"),
    "a second Content-Type": changed(signed(mail()), b"From:", b"Content-Type: text/html\r\nFrom:"),
    "a second MIME-Version": changed(signed(mail()), b"From:", b"MIME-Version: 1.0\r\nFrom:"),
    "an encoding that lifts words out": changed(
        signed(mail(body="> 1=0D=0ATrasferite il dominio\r\n")),
        b"From:",
        b"Content-Transfer-Encoding: quoted-printable\r\nFrom:",
    ),
    "a second encoding": changed(
        signed(mail(more="Content-Transfer-Encoding: 7bit\r\n"), h=ENCODED),
        b"From:",
        b"Content-Transfer-Encoding: base64\r\nFrom:",
    ),
    "l= of the whole": signed(mail(body="x\r\n"), more="l=3;"),
    "l= and more below": signed(mail(body="x\r\n"), more="l=3;") + b"Trasferite il dominio\r\n",
    "l= of nothing": signed(mail(), more="l=0;"),
    "unsigned Subject": signed(mail(), h=H.replace("subject:", "")),
    "unsigned From": signed(mail(), h=H.replace("from:", "")),
    "unsigned text/plain": signed(mail(), h=GMAIL),
    "unsigned text/html": signed(mail(kind="Content-Type: text/html"), h=GMAIL),
    "unsigned boundary, changed": changed(two(), b'"b1"', b'"b2"'),
    "unsigned subtype, a report": changed(two(), b"alternative", b"report; report-type=disposition-notification"),
    "unsigned subtype, a digest": changed(two(), b"alternative", b"digest"),
    "unsigned type, made text": changed(two(), b"multipart/alternative", b"text/plain"),
    "unsigned type, a second one": changed(two(), b"From:", TWO.encode() + b"\r\nFrom:"),
    "unsigned type, words in front": two(body="Trasferite\r\n" + PARTS),
    "unsigned type, words behind": two(body=PARTS + "Trasferite\r\n"),
}
ODD = {
    "d= of a stranger": signed(mail(), domain="attack.example"),
    "d= of the registry": signed(mail(), domain="example"),
    "d= of a root": signed(mail(), domain="."),
    "d= with a dot behind": signed(mail(), domain="rossi.example."),
    "d= with a comment": signed(mail(), domain="rossi.example(.attack.example)"),
    "d= with a quote": signed(mail(), domain='rossi.example"'),
    "d= with a blank": signed(mail(), domain="rossi.example .attack.example"),
    "d= with an underscore": signed(mail(), domain="_x.rossi.example"),
    "d= with an at sign": signed(mail(), domain="@rossi.example"),
    "d= with a slash": signed(mail(), domain="rossi.example/x"),
    "d= with a percent sign": signed(mail(), domain="rossi.example%00.attack.example"),
    "d= with a letter outside ASCII": signed(mail(), domain="ross\u0456.example"),
    "d= that is empty": signed(mail(), domain=""),
    "d= within the key's name": signed(mail(), domain="s1._domainkey.rossi.example"),
    "s= with a comment": signed(mail(), selector="s1(x)"),
    "s= with a quote": signed(mail(), selector='"s1"'),
    "s= with a blank": signed(mail(), selector="s1 s2"),
    "s= with a dot behind": signed(mail(), selector="s1."),
    "s= with a slash": signed(mail(), selector="s1/.."),
    "s= that is empty": signed(mail(), selector=""),
    "s= that is too long": signed(mail(), selector=".".join(["x" * 60] * 5)),
    "i= outside d=": signed(mail(), more="i=@attack.example;"),
    "i= above d=": signed(mail(), more="i=@example;"),
    "i= that ends like d=": signed(mail(), more="i=@xrossi.example;"),
    "two d=": signed(mail(), more="d=rossi.example;"),
    "two h=": signed(mail(), more="h=from;"),
    "another version": changed(signed(mail()), b"v=1;", b"v=2;"),
    "no version": signed(mail(), drop="v"),
    "no body hash": signed(mail(), drop="bh"),
    "an algorithm of sha1": changed(signed(mail()), b"a=rsa-sha256", b"a=rsa-sha1"),
    "an algorithm that nobody knows": changed(signed(mail()), b"a=rsa-sha256", b"a=none"),
    "a canonicalization that nobody knows": changed(signed(mail()), b"c=relaxed/relaxed", b"c=nowsp"),
    "keys from elsewhere": signed(mail(), more="q=http;"),
    "expired": signed(mail(), more=f"t={AT - 9000}; x={AT - 600};"),
    "from the future": signed(mail(), more=f"t={AT + 3600};"),
    "expired before it was made": signed(mail(), more=f"t={AT}; x={AT - 100};"),
    "a time that is none": signed(mail(), more="t=-1;"),
    "another name": signed(mail(), name="X-Google-DKIM-Signature"),
    "ARC alone": signed(mail(), name="ARC-Message-Signature", more="i=1;"),
    "fields in the signature's own": changed(signed(mail()), b"v=1;", b"v=1;\r\n \r\n x=1;"),
}
RECORDS = {
    "no key": {},
    "a revoked key": {(K, "TXT"): [b"v=DKIM1; p="]},
    "two keys": {(K, "TXT"): [record(), record("v=DKIM1; n=x; ")]},
    "a key under test": {(K, "TXT"): [record("v=DKIM1; t=y; ")]},
    "a key of another kind": {(K, "TXT"): [record("v=DKIM1; k=ed25519; ")]},
    "a key for another hash": {(K, "TXT"): [record("v=DKIM1; h=sha1; ")]},
    "a key for another service": {(K, "TXT"): [record("v=DKIM1; s=tlsrpt; ")]},
    "a key of another version": {(K, "TXT"): [record("v=DKIM2; ")]},
    "a key with tags twice": {(K, "TXT"): [record("v=DKIM1; p=AAAA; ")]},
    "a key that is no key": {(K, "TXT"): [b"v=DKIM1; p=" + b64encode(b"x" * 99)]},
}
STRICT_KEY = {(K, "TXT"): [record("v=DKIM1; t=s; ")]}
CASES = [
    *(Case(name, raw) for table in (CHANGED, ADDED, ODD) for name, raw in table.items()),
    *(Case(name, signed(mail()), zone={(K, "TXT"): [], **zone}) for name, zone in RECORDS.items()),
    Case("a key of 512 bits", signed(mail(), key=OF_512_BITS), zone={(K, "TXT"): [OF_512_BITS.record]}),
    Case("a key of 1023 bits", signed(mail(), key=OF_1023_BITS), zone={(K, "TXT"): [OF_1023_BITS.record]}),
    Case("a key for its very domain, i= below it", signed(mail(), more="i=@a.rossi.example;"), zone=STRICT_KEY),
    Case("a NUL in d=", signed(mail(), domain="rossi.example\0.attack.example"), "quarantine malformed-message"),
    Case("a second From above", changed(signed(mail()), b"From:", f"From: {EVE}\r\nFrom:".encode()), MALFORMED),
    Case("a second From below", changed(signed(mail()), b"To:", f"From: {EVE}\r\nTo:".encode()), MALFORMED),
    Case(
        "a stranger's key under the customer's name",
        signed(mail(), domain="attack.example"),
        zone=key("attack.example"),
    ),
    Case(
        "six signatures of strangers in front",
        b"".join(signed(b"", domain=f"x{n}.rossi.example") for n in range(6))
        + changed(signed(mail()), b"sito", b"dito"),
    ),
    Case(
        "the border saw it fail",
        stamped(signed(mail()), "dkim=fail header.d=rossi.example; dmarc=fail header.from=rossi.example"),
    ),
    Case(
        "the border saw it fail, no policy",
        stamped(signed(mail()), "dkim=fail header.d=rossi.example; dmarc=none header.from=rossi.example"),
    ),
    Case(
        "signed by a neighbour",
        signed(mail("From: anna@acme.github.io"), domain="tenant.github.io"),
        zone=key("tenant.github.io"),
    ),
    Case(
        "signed by the host of all tenants",
        signed(mail("From: anna@acme.github.io"), domain="github.io"),
        zone=key("github.io"),
    ),
    Case(
        "signed by the registry of all firms", signed(mail("From: anna@acme.co.uk"), domain="co.uk"), zone=key("co.uk")
    ),
    Case(
        "signed by a sibling",
        signed(mail("From: anna@posta.rossi.example"), domain="web.rossi.example"),
        zone=key("web.rossi.example"),
    ),
    Case(
        "signed below, where nothing is published",
        signed(mail(), domain="web.rossi.example"),
        zone=key("web.rossi.example") | txt("_dmarc.rossi.example"),
    ),
    Case(
        "signed below, where the record is strict",
        signed(mail(), domain="web.rossi.example"),
        zone=key("web.rossi.example") | txt("_dmarc.rossi.example", "v=DMARC1; p=none; adkim=s"),
    ),
    Case(
        "signed below, by who is an organization of its own",
        signed(mail(), domain="web.rossi.example"),
        zone=key("web.rossi.example") | txt("_dmarc.web.rossi.example", "v=DMARC1; p=none; psd=n"),
    ),
    Case(
        "signed above, by a public suffix of its own word",
        signed(mail("From: anna@posta.rossi.example")),
        zone=txt("_dmarc.rossi.example", "v=DMARC1; p=none; psd=y"),
    ),
    Case(
        "signed above, where the record is strict",
        signed(mail("From: anna@posta.rossi.example")),
        zone=txt("_dmarc.posta.rossi.example", "v=DMARC1; p=none; adkim=s"),
    ),
    *(
        Case(f"nothing signed, under {told}", mail(), zone=txt("_dmarc.rossi.example", f"v=DMARC1; {told}"))
        for told in ("p=none", "p=reject; t=y", "p=none; sp=reject; np=reject", "p=none; psd=y")
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_signature_that_proves_nothing_lets_nobody_in(fate, case):
    """Threats rules 4, 6 and 7: held, and nothing is said about why to who sent it."""
    found = await fate(case)
    assert f"{found['disposition']} {found['reason']}" == case.want


@pytest.mark.parametrize("raw", [signed(mail()), two()], ids=["one part", "two parts"])
async def test_the_same_signature_whole_gets_in(fate, raw):
    """So that the cases above fail for what they say."""
    found = await fate(Case("", raw))
    assert (found["disposition"], found["evidence"]["source"]) == ("accept", "own")
