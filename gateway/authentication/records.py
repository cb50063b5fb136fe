"""Records: names and messages of the DNS as they go over the wire. Pure, total, and bounded before it parses."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dns.exception import DNSException
from dns.flags import TC
from dns.message import QueryMessage, from_wire, make_query
from dns.name import Name
from dns.rcode import NOERROR, NXDOMAIN
from dns.rdata import Rdata
from dns.rdatatype import NS, SOA
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rrset import RRset

from gateway.authentication.cache import Fresh
from gateway.core.inquiry import Answer, Found, Question

RECORDS = 256
"""In all sections of a message; one of 64 KiB may have 4,000, and the loop would stand still for 0.3 s to parse it."""

VALUES = 100
OCTETS = 16 * 2**10
"""An answer of more is NO_DATA: a part of it could mislead, and asked again it would not be smaller, so never defer."""

PAYLOAD = 1232
"""Octets of an answer by UDP that no path fragments; a fragment can be forged without knowing the id."""

_HEADER = struct.Struct("!6H")
_TOO_MUCH = Fresh(Answer(Found.NO_DATA), 300)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a nameserver's answer is none, for the operator."""

    words: str


def name(text: str) -> Name | None:
    """The name as it goes on the wire; None for one that cannot be there (RFC 1035 §2.3.4), which nobody has then.

    Any printable character may stand in a name (underscores in `_dmarc`, an SPF macro's local part), but no backslash:
    that is how `read()` writes what is not printable, and it must not come back as another name.
    """
    if not (text.isascii() and text.isprintable()) or "\\" in text or " " in text:
        return None
    try:
        return Name([*text.encode().split(b"."), b""])
    except DNSException:  # a label that is empty or over 63 octets, a name over 253
        return None


def query(question: Question, *, edns: bool) -> QueryMessage | None:
    """The question as a message with a random id; None where the name cannot be asked for."""
    wanted = name(question.name)
    if wanted is None:
        return None
    return make_query(wanted, question.kind, use_edns=edns, payload=PAYLOAD if edns else None)


def answers(wire: bytes, asked: QueryMessage) -> bool:
    """Whether this is a response to that very query: its id and its question. What follows may be anything."""
    if len(wire) < _HEADER.size or _HEADER.unpack_from(wire)[2] > 1:
        return False
    try:
        return asked.is_response(from_wire(wire, question_only=True))
    except DNSException:
        return False


def truncated(wire: bytes) -> bool:
    """Whether this response is to be had in full by TCP only."""
    return bool(_HEADER.unpack_from(wire)[1] & TC)


def read(wire: bytes) -> Fresh | Trouble:
    """What a response says about its own question, CNAMEs followed."""
    if sum(_HEADER.unpack_from(wire)[3:]) > RECORDS:
        return _TOO_MUCH
    try:
        message = from_wire(wire)
        if isinstance(message, QueryMessage) and message.rcode() in {NOERROR, NXDOMAIN}:
            return _said(message)
        return Trouble(message.rcode().name)
    except DNSException as wrong:
        return Trouble(f"malformed: {type(wrong).__name__}")


def _said(message: QueryMessage) -> Fresh | Trouble:
    links = message.resolve_chaining()
    if links.answer is not None:
        return Fresh(_bounded(links.answer), links.minimum_ttl)
    if message.rcode() == NXDOMAIN:
        return Fresh(Answer(Found.NO_SUCH_NAME), links.minimum_ttl)
    authority = {records.rdtype for records in message.authority}
    if NS in authority and SOA not in authority:  # RFC 2308 §2.2: it sends us elsewhere, and says no "no"
        return Trouble("a referral: this nameserver does not recurse")
    return Fresh(Answer(Found.NO_DATA), links.minimum_ttl)


def _bounded(records: RRset) -> Answer:
    values = [_value(record) for record in sorted(records, key=_preference)]
    if len(values) > VALUES or sum(map(len, values)) > OCTETS:
        return _TOO_MUCH.answer
    octets = tuple(value for value in values if isinstance(value, bytes))
    return Answer(Found.VALUES, octets or tuple(value for value in values if isinstance(value, str)))


def _value(record: Rdata) -> bytes | str:
    match record:
        case TXT():
            return b"".join(record.strings)  # RFC 7208 §3.3, RFC 6376 §3.6.2.2: nothing between them
        case MX():
            return _text(record.exchange)
        case PTR():
            return _text(record.target)
        case A() | AAAA():
            return str(record.address)
    raise AssertionError(record)  # no Kind besides


def _text(host: Name) -> str:
    return host.to_text(omit_final_dot=True).lower()


def _preference(record: Rdata) -> int:
    return int(record.preference) if isinstance(record, MX) else 0
