"""TNEF (MS-OXTNEF): what is packed in a winmail.dat, its words and its files. Total, bounded, linear: lengths lie.

Checksums are not looked at: a wrong one is no reason to keep a customer's file from those who are to read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from gateway.core import mapi
from gateway.core.charset import clean, decode
from gateway.core.mapi import Value, number
from gateway.core.markup import to_text
from gateway.core.mime import KIND, OPAQUE
from gateway.core.parameters import filename
from gateway.core.rtf import rtf_to_text, unpacked_rtf

MAGIC = (0x223E9F78).to_bytes(4, "little")
STEPS = 10_000
"""Attributes, properties and values of one pack, the messages inside it included."""

STREAMS = 10
"""Messages in it: itself, and those packed in those."""

FILES = 200
PACKS = 3
"""In one message; what is in further ones is not listed."""

NESTED = 3
"""Octets of all files together, for each of the pack: what is nested is there at each level."""

WORDS_OCTETS = 512 * 1024
"""Of a body, in whatever form; what is over it is not read."""

_OEM_CODEPAGE = 0x9007
_BODY = 0x800C
_MESSAGE_PROPERTIES = 0x9003
_ATTACH_BEGINS = 0x9002
_ATTACH_TITLE = 0x8010
_ATTACH_DATA = 0x800F
_ATTACH_PROPERTIES = 0x9005
_ATTACH_ATTRIBUTES = frozenset({_ATTACH_BEGINS, _ATTACH_TITLE, _ATTACH_DATA, _ATTACH_PROPERTIES})


@dataclass(frozen=True, slots=True)
class File:
    """One file: a safe name, the kind that it was declared as, its octets; `shown` is whether the body refers to it."""

    name: str
    kind: str
    held: bytes = field(repr=False)
    shown: bool

    def octets(self) -> bytes:
        """As they were packed. They are carried along: to unpack once for each file would cost its square."""
        return self.held


@dataclass(slots=True)
class _Stream:
    """What one stream holds: attributes as they come, those of each file together."""

    codepage: str = ""
    body: bytes = b""
    about: dict[int, Value] = field(default_factory=dict)
    files: list[dict[int, bytes]] = field(default_factory=list)


def files_of(octets: bytes) -> tuple[File, ...]:
    """Every file in it, those in packed messages included; such a message is itself a file as well."""
    steps = iter(range(STEPS))
    found: list[File] = []
    streams, room = [octets], NESTED * len(octets)
    for stream in islice(streams, STREAMS):  # it grows as we go: no recursion
        read = _read(stream, steps)
        for given in read.files[: FILES - len(found)]:
            one = _file(given, read.codepage, len(found) + 1, steps)
            room -= len(one.held)
            if room < 0:
                return tuple(found)
            found.append(one)
            if one.held.startswith(MAGIC):
                streams.append(one.held)
    return tuple(found)


def words_of(octets: bytes) -> str:
    """The words of the message that it packs: as plain text where it has some, else from HTML, else from RTF."""
    read = _read(octets, iter(range(STEPS)))
    plain = read.about.get(mapi.BODY, b"")
    if isinstance(plain, str) and plain.strip():
        return plain[:WORDS_OCTETS]
    if body := mapi.text(read.body[:WORDS_OCTETS], read.codepage).strip():
        return body
    html = read.about.get(mapi.BODY_HTML, b"")
    if isinstance(html, bytes):
        html = clean(decode(html[:WORDS_OCTETS], _codepage(read.about.get(mapi.INTERNET_CODEPAGE, b""))))
    if words := clean(to_text(html[:WORDS_OCTETS])):
        return words
    rtf = read.about.get(mapi.RTF_COMPRESSED, b"")
    return rtf_to_text(unpacked_rtf(rtf, WORDS_OCTETS)) if isinstance(rtf, bytes) else ""


def _read(octets: bytes, steps: Iterator[int]) -> _Stream:
    """§2.1.2: a signature, a key, then attributes: level, id, type, length, data, checksum."""
    read = _Stream()
    at = 6
    while octets.startswith(MAGIC) and at + 9 <= len(octets) and next(steps, None) is not None:
        name, length = number(octets, at + 1, 2), number(octets, at + 5)
        data = octets[at + 9 : at + 9 + length]
        at += 9 + length + 2
        if name in _ATTACH_ATTRIBUTES:
            if name == _ATTACH_BEGINS or not read.files:  # §2.1.3.2: it is the first of each
                read.files.append({})
            read.files[-1].setdefault(name, data)
        elif name == _OEM_CODEPAGE:
            read.codepage = _codepage(data)
        elif name == _BODY:
            read.body = data
        elif name == _MESSAGE_PROPERTIES:
            read.about = mapi.properties(data, read.codepage, steps)
    return read


def _file(given: dict[int, bytes], codepage: str, order: int, steps: Iterator[int]) -> File:
    about = mapi.properties(given.get(_ATTACH_PROPERTIES, b""), codepage, steps)
    data = given.get(_ATTACH_DATA) or about.get(mapi.ATTACH_DATA, b"")
    octets = data if isinstance(data, bytes) else b""
    packed = octets.startswith(MAGIC)
    named = (_text(about, mapi.ATTACH_LONG_FILENAME), mapi.text(given.get(_ATTACH_TITLE, b""), codepage))
    others = (_text(about, mapi.ATTACH_FILENAME), _text(about, mapi.DISPLAY_NAME))
    name = filename(*named, *others, f"file-{order}.{'tnef' if packed else 'bin'}")
    kind = "application/ms-tnef" if packed else _text(about, mapi.ATTACH_MIME_TAG).lower()
    return File(name, kind if KIND.fullmatch(kind) else OPAQUE, octets, bool(_text(about, mapi.ATTACH_CONTENT_ID)))


def _text(about: dict[int, Value], name: int) -> str:
    value = about.get(name, "")
    return value if isinstance(value, str) else ""


def _codepage(value: Value) -> str:
    """The name of a code page by its number: Windows' and ours agree but for a few, which the ladder mends."""
    return f"cp{number(value, 0)}" if isinstance(value, bytes) and len(value) >= 4 else ""  # noqa: PLR2004 - a number
