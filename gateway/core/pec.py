"""PEC: a transport envelope (RFC 6109 §3.1.5) taken apart, from nothing but the octets that its seal covers. Pure.

The fields of the envelope itself are outside of the seal, so nothing of them becomes part of the message: not its
subject, not its Message-ID. Whether the seal is the provider's is asked by others; until then nothing is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from itertools import islice

from gateway.core.address import Address, fold_ascii
from gateway.core.evidence import Assurance, Evidence, Source
from gateway.core.fields import Split, split, unfolded
from gateway.core.letter import shown
from gateway.core.message import Envelope, Malformed, Message, Parsed, Seal
from gateway.core.mime import Part, content, walk
from gateway.core.pec_data import Certified, certified
from gateway.core.reason import Reason

PROVIDER = "posta-certificata"
"""The local part of the address that every provider writes from, and the word for a transport envelope."""

SIGNED_OCTETS = 48 * 1024 * 1024
"""Italian law allows messages of 30 MB; in base64 that is more."""

SIGNATURE_OCTETS = 64 * 1024
"""In DER, with a chain of certificates: a few thousand in practice."""

DETAIL = 300

_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})  # RFC 8551 §3.5.3.2
_MESSAGE, _DATA = "postacert.eml", "daticert.xml"
_XML = frozenset({"application/xml", "text/xml"})
_PARTS = 2


def envelope_of(
    raw: bytes, header: Split, parts: tuple[Part, ...], author: Address, read: Callable[[bytes], Parsed]
) -> Envelope | str | None:
    """The envelope, or why there is none although it says so; None for other mail. `read` parses what is in it."""
    said = {fold_ascii(unfolded(value).decode("ascii", "replace")) for value in header.all("x-trasporto")}
    if not said:
        return None
    if said != {PROVIDER}:
        return f"X-Trasporto: {shown(', '.join(sorted(said)))}: mail from outside of PEC, which nobody vouches for"
    try:
        return _opened(raw, parts, author, read)
    except ValueError as fault:
        return shown(str(fault), DETAIL)


def proof(envelope: Envelope, header: Evidence) -> Evidence:
    """What a good seal proves: the mailbox, for its provider lets in nobody else. `header` is the border's word of it.

    The border speaks of the provider's domain and not of the author's, so its results are kept and not asked for.
    """
    sender, provider = envelope.sender, envelope.seal.provider
    told = f"PEC: {provider} has sealed that {sender} wrote this; of the envelope: {header.detail}"
    return replace(header, source=Source.PEC, assurance=Assurance.MAILBOX, detail=shown(told, DETAIL))


def carried(outer: Message, envelope: Envelope) -> Parsed:
    """The message in an envelope that is believed; how far it came shows on both."""
    inner = envelope.content
    return replace(inner, hops=outer.hops + inner.hops) if isinstance(inner, Message) else inner


def _opened(raw: bytes, parts: tuple[Part, ...], author: Address, read: Callable[[bytes], Parsed]) -> Envelope:
    if fold_ascii(author.local) != PROVIDER:  # RFC 6109 §3.1.5
        raise ValueError(f"it is from {author}, which is no provider's {PROVIDER} address")
    signed, signature = _sealed(raw, parts)
    header = split(signed)
    inside = walk(signed, header.fields, header.body)
    if inside[0].head.kind != "multipart/mixed":
        raise ValueError("what is signed is no multipart/mixed")
    data = certified(content(signed, _the_one(inside, _DATA, _XML)))
    if (data.kind, data.error) != (PROVIDER, "nessuno"):
        raise ValueError(f"daticert.xml is of another kind: {data.kind}, errore {data.error}")
    message = read(content(signed, _the_one(inside, _MESSAGE, {"message/rfc822"})))
    seal = Seal(author, signed, signature)
    return Envelope(seal, data.sender, data.recipients, _as_certified(message, data, sha256(signed).hexdigest()))


def _sealed(raw: bytes, parts: tuple[Part, ...]) -> tuple[bytes, bytes]:
    """The octets that were signed, header of the part and all, and the signature over them (RFC 1847 §2.1)."""
    root, children = parts[0], [part for part in parts if part.parent == 0]
    if root.head.kind != "multipart/signed" or len(children) != _PARTS or children[1].head.kind not in _SIGNATURES:
        raise ValueError("it is no multipart/signed of two parts, the second an S/MIME signature")
    delimiter = re.compile(rb"^--%b[ \t]*+\r?\n" % re.escape(root.head.boundary), re.MULTILINE)
    edges = list(islice(delimiter.finditer(raw, root.start), _PARTS))
    if len(edges) != _PARTS:
        raise ValueError("where its signed part begins and ends is not clear")
    # The line end before a delimiter is the delimiter's (RFC 2046 §5.1.1), the closing one of what is inside is not.
    signed = raw[edges[0].end() : edges[1].start()].removesuffix(b"\n").removesuffix(b"\r")
    signature = content(raw, children[1])
    if len(signed) > SIGNED_OCTETS or len(signature) > SIGNATURE_OCTETS:
        raise ValueError(f"over {SIGNED_OCTETS} octets are signed, or the signature is over {SIGNATURE_OCTETS}")
    return signed if b"\r" in signed else signed.replace(b"\n", b"\r\n"), signature  # RFC 8551 §3.1.1


def _the_one(parts: tuple[Part, ...], name: str, kinds: set[str] | frozenset[str]) -> Part:
    """The one part of this name: a second, wherever it stands, may be what another program would show."""
    found = [part for part in parts if fold_ascii(part.head.filename) == name]
    if len(found) != 1 or found[0].parent != 0 or found[0].head.kind not in kinds:
        raise ValueError(f"it has {len(found)} parts {name}, or not where it belongs")
    return found[0]


def _as_certified(message: Parsed, data: Certified, fingerprint: str) -> Parsed:
    """The message inside; malformed where it is not from whom the provider let in.

    The same seal is the same message, whatever envelope is written around it anew (I4).
    """
    header = replace(message.header, fingerprint=fingerprint)
    if isinstance(message, Message) and message.author.key != data.sender.key:
        detail = f"{_MESSAGE} is from {message.author}, {_DATA} names {data.sender}"
        return Malformed(header, Reason.MALFORMED_AUTHOR, detail)
    return replace(message, header=header)
