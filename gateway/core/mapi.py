"""MAPI properties as TNEF carries them (MS-OXTNEF §2.1.3.4): octets to values. Total: lengths lie, what is cut ends.

Of a property with several values the first counts; of two with one name, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

from gateway.core.charset import clean, decode

DISPLAY_NAME = 0x3001
ATTACH_FILENAME = 0x3704
ATTACH_LONG_FILENAME = 0x3707
ATTACH_MIME_TAG = 0x370E
ATTACH_CONTENT_ID = 0x3712
ATTACH_DATA = 0x3701
BODY = 0x1000
BODY_HTML = 0x1013
RTF_COMPRESSED = 0x1009
INTERNET_CODEPAGE = 0x3FDE

_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_VARIABLE = frozenset({_STRING, _UNICODE, _OBJECT, _BINARY})
_MULTIPLE = 0x1000
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
"""Octets of a value by its type, padding included; what is not here has a length of its own, or is unknown."""

_NAMED = 0x8000
_GUID = 16

Value = bytes | str
"""Text where the type says that it is, else octets."""


def number(octets: bytes, at: int, size: int = 4) -> int:
    """A little-endian number, or -1 where the octets end before it."""
    return int.from_bytes(octets[at : at + size], "little") if 0 <= at <= len(octets) - size else -1


def properties(octets: bytes, codepage: str, steps: Iterator[int]) -> dict[int, Value]:
    """The values by their ids, as far as they can be read. Each takes one of the `steps` that its message may take."""
    found: dict[int, Value] = {}
    at = 4
    left = number(octets, 0)
    while left > 0 and at + 4 <= len(octets) and next(steps, None) is not None:
        kind, name = unpack_from("<HH", octets, at)
        at = _past_name(octets, at + 4) if name >= _NAMED else at + 4
        count = 1
        if kind & _MULTIPLE or kind in _VARIABLE:
            count = number(octets, at)
            at += 4
        value, at = _values(octets, at, kind & ~_MULTIPLE, count, steps)
        if at < 0:
            break
        if value is not None:
            found.setdefault(name, _read(value, kind & ~_MULTIPLE, codepage))
        left -= 1
    return found


def _past_name(octets: bytes, at: int) -> int:
    """Past a named property's name: its space, then a number, or a text with its length."""
    if number(octets, at + _GUID) == 0:
        return at + _GUID + 8
    return at + _GUID + 8 + _padded(max(number(octets, at + _GUID + 4), 0))


def _values(octets: bytes, at: int, kind: int, count: int, steps: Iterator[int]) -> tuple[bytes | None, int]:
    """The first value, and where the next property starts; -1 where it cannot be told."""
    if kind in _FIXED:
        size = _FIXED[kind]
        return octets[at : at + size] if count > 0 else None, at + max(count, 0) * size
    if kind not in _VARIABLE:
        return None, -1
    first: bytes | None = None
    while count > 0:
        length = number(octets, at)
        if length < 0 or next(steps, None) is None:
            return first, -1
        first = octets[at + 4 : at + 4 + length] if first is None else first
        at += 4 + _padded(length)
        count -= 1
    return first, at


def _read(value: bytes, kind: int, codepage: str) -> Value:
    match kind:
        case 0x1E:
            return text(value, codepage)
        case 0x1F:
            return clean(value.decode("utf-16-le", "replace").partition("\0")[0])
        case 0x0D:
            return value[_GUID:]  # what it is an interface to
        case _:
            return value


def text(value: bytes, codepage: str) -> str:
    """A text of octets, which ends at the first NUL."""
    return clean(decode(value.partition(b"\0")[0], codepage))


def _padded(length: int) -> int:
    return (length + 3) & ~3
