"""Signing for tests, written apart from what verifies: line by line, with the `cryptography` library."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.core.fields import split
from gateway.core.inquiry import Answer, Found

H = "from:to:subject:date:message-id:mime-version:content-type"
MAIL = (
    b"From: Anna <anna@rossi.example>\r\nTo: support@example.it\r\nSubject: Il sito\r\n  non risponde\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <m1@rossi.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nBuongiorno,\r\nil  sito\tnon risponde. \r\n\r\nAnna\r\n\r\n"
)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def public(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def record(tags: str = "v=DKIM1; k=rsa; ", data: bytes | None = None) -> bytes:
    return tags.encode() + b"p=" + b64encode(public(rsa_key()) if data is None else data)


def found(*values: bytes) -> Answer:
    return Answer(Found.VALUES, values)


def signed(  # noqa: PLR0913 - what a test says of its signature
    mail: bytes = MAIL,
    *,
    domain: str = "rossi.example",
    selector: str = "s1",
    h: str = H,
    c: str = "relaxed/relaxed",
    more: str = "",
    fold: str = "\r\n ",
    drop: str = "",
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | None = None,
    name: str = "DKIM-Signature",
) -> bytes:
    """`mail` with a signature on top. `more` are further tags, each ended by a semicolon; `drop` a tag to leave out."""
    head, _, body = mail.partition(b"\r\n\r\n")
    how = [*c.split("/"), "simple"]
    bh = b64encode(sha256((relaxed_body if how[1] == "relaxed" else simple_body)(body)).digest()).decode()
    a = "ed25519-sha256" if isinstance(key, ed25519.Ed25519PrivateKey) else "rsa-sha256"
    tags = {"v": "1", "a": a, "c": c, "d": domain, "s": selector, "h": h, "bh": bh}
    text = "".join(f"{tag}={value};{fold}" for tag, value in tags.items() if tag != drop)
    value = f" {text}{more}{fold if more else ''}b="
    fields = re.split(rb"\r\n(?![ \t])", head)
    chosen = []
    for wanted in re.split(r"\s*:\s*", h):
        at = [n for n, one in enumerate(fields) if one.partition(b":")[0].lower() == wanted.lower().encode()]
        if at:
            chosen.append(fields.pop(at[-1]))
    canonical = relaxed_field if how[0] == "relaxed" else bytes
    data = b"".join(canonical(one) + b"\r\n" for one in chosen) + canonical(f"{name}:{value}".encode())
    b = b64encode(signature(key or rsa_key(), data)).decode()
    return f"{name}:{value}{b[:60]}{fold}{b[60:]}\r\n".encode() + mail


def signature(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(sha256(data).digest())  # RFC 8463 §3
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def relaxed_field(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    return name.lower() + b":" + re.sub(rb"[ \t\r\n]+", b" ", value).strip()


def simple_body(body: bytes) -> bytes:
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    lines = [re.sub(rb"[ \t]+", b" ", line).removesuffix(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def answered(inquiry, answers):
    """The inquiry's value, when the DNS says `answers` by name, and knows nothing else; and what it was asked."""
    asked = []
    try:
        question = next(inquiry)
        while True:
            asked.append(question.name)
            question = inquiry.send(answers.get(question.name, Answer(Found.NO_SUCH_NAME)))
    except StopIteration as end:
        return end.value, asked


def fields_of(raw: bytes):
    return split(raw).fields
