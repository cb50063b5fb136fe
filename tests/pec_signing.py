"""PEC for tests: an authority, providers, and envelopes that the real `openssl cms` has signed."""

from __future__ import annotations

import subprocess
from base64 import encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PROVIDER = "posta-certificata@pec.example"
ANNA = "tecnico@rossi.example"
US = "support@example.it"
MAIL = (
    f"From: Anna Rossi <{ANNA}>\r\nTo: {US}\r\nSubject: Il sito non risponde\r\n"
    "Message-ID: <opec1.20261122@pec.example>\r\nDate: Sun, 22 Nov 2026 12:00:00 +0100\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Buongiorno, il sito non è raggiungibile.\r\n"
).encode()


@dataclass(frozen=True)
class Party:
    """Whoever has a key and a certificate."""

    name: x509.Name
    certificate: bytes
    key: ec.EllipticCurvePrivateKey


@cache
def authority(name: str) -> Party:
    """Whoever certifies providers, or anybody."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Party(_name(name), _certificate(name, key, None, 2025, 2030), key)


@cache
def party(
    email: str = PROVIDER,
    issuer: str = "PEC CA",
    until: int = 2027,
    usage: str = "1.3.6.1.5.5.7.3.4",
    since: int = 2025,
) -> Party:
    """A provider, certified by the authority of this name for this address, use and time."""
    key = ec.generate_private_key(ec.SECP256R1())
    by = authority(issuer)
    return Party(_name(email), _certificate(email, key, by, since, until, usage), key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _certificate(  # noqa: PLR0913, PLR0917 - what a certificate says
    name: str, key: ec.EllipticCurvePrivateKey, by: Party | None, since: int, until: int, usage: str = ""
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(by.name if by else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(since, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(name)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage)]), critical=False)
    return builder.sign(by.key if by else key, SHA256()).public_bytes(Encoding.PEM)


def ca_file(folder: Path, *parties: Party) -> Path:
    """What the operator has: certificates in PEM, those of the one authority when none are named."""
    path = folder / "pec.pem"
    path.write_bytes(b"".join(one.certificate for one in parties or (authority("PEC CA"),)))
    return path


def seal(octets: bytes, *signers: Party, more: tuple[str, ...] = ()) -> bytes:
    """A detached signature in DER."""
    with TemporaryDirectory() as folder:
        content = Path(folder, "content")
        content.write_bytes(octets)
        arguments = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", str(content), *more]
        for number, one in enumerate(signers or (party(),)):
            certificate, key = Path(folder, f"{number}.pem"), Path(folder, f"{number}.key")
            certificate.write_bytes(one.certificate)
            key.write_bytes(one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            arguments += ["-signer", str(certificate), "-inkey", str(key)]
        return subprocess.run(arguments, check=True, capture_output=True).stdout


def data(sender: str = ANNA, *recipients: str, kind: str = "posta-certificata", error: str = "nessuno") -> bytes:
    """daticert.xml."""
    to = "".join(f'<destinatari tipo="certificato">{one}</destinatari>' for one in recipients or (US,))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<postacert tipo="{kind}" errore="{error}"><intestazione>'
        f"<mittente>{sender}</mittente>{to}<risposte>{sender}</risposte><oggetto>Il sito</oggetto></intestazione>"
        "<dati><gestore-emittente>Gestore</gestore-emittente><identificativo>opec1.20261122@pec.example"
        "</identificativo><msgid>&lt;m1@rossi.example&gt;</msgid></dati></postacert>\n"
    ).encode()


def parts(mail: bytes = MAIL, certificate: bytes | None = None, more: bytes = b"") -> bytes:
    """What a provider signs: words, daticert.xml, postacert.eml, and `more` parts, each with its delimiter."""
    return (
        b'Content-Type: multipart/mixed; boundary="in"\r\n\r\n'
        b"--in\r\nContent-Type: text/plain\r\n\r\nMessaggio di posta certificata\r\n"
        b'--in\r\nContent-Type: application/xml; name="daticert.xml"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: inline; filename="daticert.xml"\r\n\r\n'
        + encodebytes(data() if certificate is None else certificate).replace(b"\n", b"\r\n")
        + b'--in\r\nContent-Type: message/rfc822; name="postacert.eml"\r\n'
        b'Content-Disposition: inline; filename="postacert.eml"\r\n\r\n' + mail + b"\r\n" + more + b"--in--\r\n"
    )


def wrapped(  # noqa: PLR0913 - what a test says of its envelope
    signed: bytes,
    signature: bytes,
    *,
    author: str = PROVIDER,
    kind: str = "posta-certificata",
    more: str = "",
    after: bytes = b"",
) -> bytes:
    """The envelope around what was signed. `more` are header lines, `after` parts behind the signature."""
    return (
        f'X-Trasporto: {kind}\r\n{more}From: "Per conto di: {ANNA}" <{author}>\r\nTo: {US}\r\n'
        "Subject: POSTA CERTIFICATA: Il sito non risponde\r\nMessage-ID: <opec1.20261122@pec.example>\r\n"
        "Date: Sun, 22 Nov 2026 12:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/signed; protocol="application/x-pkcs7-signature"; micalg=sha-256; boundary="out"\r\n'
        "\r\nThis is an S/MIME signed message\r\n\r\n--out\r\n"
    ).encode() + (
        signed + b'\r\n--out\r\nContent-Type: application/x-pkcs7-signature; name="smime.p7s"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(signature).replace(b"\n", b"\r\n")
        + after
        + b"--out--\r\n"
    )


def enveloped(mail: bytes = MAIL, certificate: bytes | None = None, *signers: Party, **how: str) -> bytes:
    """A whole envelope, as a provider makes it."""
    signed = parts(mail, certificate)
    return wrapped(signed, seal(signed, *signers), **how)
