"""DKIM: a message's signatures to results, one each; asks for keys, never raises.

dkimpy does the cryptography of the header and nothing else: it gets tags that we have read, the fields that are signed,
and a `dnsfunc` that knows the one key we have judged. Its own ways stay shut, for they ask the resolver, read the
clock, take ten hours of slack, ignore s= and t= of keys, log what strangers wrote, take quadratic time for a body with
long runs of blanks or a field folded very often, and seconds for a key with a huge exponent.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from logging import CRITICAL, Logger

import dkim
from dkim.crypto import UnparsableKeyError, parse_public_key

from gateway.core.dkim import DkimResult, Signature, body_digest, objection, read_signature, related
from gateway.core.dkim_key import Key, key_of
from gateway.core.fields import line_ends, unfolded
from gateway.core.frame import READING, misreading
from gateway.core.inquiry import Inquiry

SIGNATURES = 5
"""The most signatures looked at: those of the author's domain, above or below it first (RFC 6376 §8.4)."""
RSA_BITS = range(1024, 4096 + 1)  # RFC 8301 §3.2; larger ones only cost time
EXPONENTS = range(3, 2**32, 2)

_FIELD = re.compile(rb"([!-9;-~]+):([^\n]*\n(?>(?:[ \t][^\n]*\n)*))")
_SILENT = Logger("dkimpy", CRITICAL + 1)  # noqa: LOG001 - hangs on no other logger: it would log what strangers wrote


@dataclass(frozen=True, slots=True)
class _Mail:
    """Header fields as dkimpy wants them, the name and all behind its colon; the body with CRLF line ends."""

    fields: list[tuple[bytes, bytes]]
    body: bytes
    digests: dict[str, bytes]
    misreadings: dict[tuple[bool, ...], str]

    def digest(self, algorithm: str) -> bytes:
        """The body's digest, computed once."""
        if algorithm not in self.digests:
            self.digests[algorithm] = body_digest(self.body, algorithm)
        return self.digests[algorithm]

    def misreading(self, signature: Signature, fields: tuple[tuple[str, bytes], ...]) -> str:
        """`misreading()` of this signature, computed once for all that sign the same of the fields it looks at."""
        signs = tuple(name in signature.names for name in READING)
        if signs not in self.misreadings:
            self.misreadings[signs] = misreading(signature.names, fields, self.body)
        return self.misreadings[signs]


def check_signatures(
    raw: bytes, fields: tuple[tuple[str, bytes], ...], author_domain: str, now: datetime
) -> Inquiry[tuple[DkimResult, ...]]:
    """What became of each signature, the author's own first; empty where there is none.

    `fields` is what the parser made of `raw`, names in lower case; `author_domain` is lower-case A-labels.
    """
    present = Counter(name for name, _ in fields)
    if not present["dkim-signature"]:
        return ()
    mail = _read(raw, fields)
    if mail is None:
        return (DkimResult("permerror", detail="the message can be read in more than one way"),)
    read = [(read_signature(field[1]), field) for field in mail.fields if field[0].lower() == b"dkim-signature"]
    read.sort(key=lambda one: not related(one[0].domain, author_domain))
    results: list[DkimResult] = []
    for signature, field in read[:SIGNATURES]:
        if isinstance(signature, DkimResult):
            results.append(signature)
        elif not related(signature.domain, author_domain):
            results.append(
                signature.result("neutral", "of another domain, which cannot vouch for the author: not checked")
            )
        elif why := objection(signature, present, now) or mail.misreading(signature, fields):
            results.append(signature.result("policy", why))
        elif mail.digest(signature.body) != signature.body_hash:
            results.append(signature.result("fail", "the body is not the one that was signed"))
        else:
            key = key_of(signature, (yield signature.question))
            results.append(key if isinstance(key, DkimResult) else _verified(signature, key, mail, field))
    return tuple(results)


def _read(raw: bytes, fields: tuple[tuple[str, bytes], ...]) -> _Mail | None:
    """None where this reading is not the parser's to the last octet, so that what is signed is what is seen."""
    if line_ends(raw):
        return None  # threats rule 3
    raw = raw if b"\r" in raw else raw.replace(b"\n", b"\r\n")  # from a pipe
    head, _, body = raw.partition(b"\r\n\r\n")
    head = head.removesuffix(b"\r\n") + b"\r\n"
    if head.startswith(b"From "):
        head = head.partition(b"\n")[2]  # an mbox line
    found = list(_FIELD.finditer(head))
    whole = sum(len(one[0]) for one in found) == len(head)
    seen = [(one[1].decode("ascii").lower(), unfolded(one[2])) for one in found]
    if not whole or seen != [(name, unfolded(value)) for name, value in fields]:
        return None
    return _Mail([(one[1], one[2]) for one in found], body, {}, {})


def _verified(signature: Signature, key: Key, mail: _Mail, field: tuple[bytes, bytes]) -> DkimResult:
    if key.kind == "rsa" and (fault := _rsa_fault(signature, key.data)):
        return fault
    names = [name.encode() for name in signature.names]
    signed = set(names)
    verifier = dkim.DKIM(logger=_SILENT, minkey=RSA_BITS.start)
    verifier.headers = [one for one in mail.fields if one[0].lower() in signed]
    tags = {  # without bh: we have compared it
        b"a": signature.algorithm.encode(),
        b"b": b64encode(signature.signature),
        b"c": f"{signature.header}/{signature.body}".encode(),
        b"d": signature.domain.encode(),
        b"s": signature.selector.encode(),
    }
    record = b"k=%s; p=%s" % (key.kind.encode(), b64encode(key.data))
    try:
        holds = verifier.verify_sig(tags, names, field, lambda _name, **_: record)
    except dkim.NaClNotFoundError:
        return signature.result("neutral", "ed25519 cannot be verified here: PyNaCl is not installed")
    except (dkim.DKIMException, ValueError) as fault:  # ValueError: PyNaCl about lengths
        return signature.result("permerror", f"the signature could not be verified: {type(fault).__name__}")
    return signature.result("pass") if holds else signature.result("fail", "the signature does not verify")


def _rsa_fault(signature: Signature, der: bytes) -> DkimResult | None:
    try:
        key = parse_public_key(der)
    except (UnparsableKeyError, AssertionError):  # dkimpy asserts about what the DNS said
        return signature.result("permerror", "the key's p= is not an RSA key")
    bits = key["modulus"].bit_length()
    if bits not in RSA_BITS:
        return signature.result("policy", f"an RSA key of {bits} bits")
    if key["publicExponent"] not in EXPONENTS:
        return signature.result("permerror", "the RSA key has an exponent that nobody uses")
    return None
