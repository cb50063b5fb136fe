"""A small writer of TNEF (MS-OXTNEF) and of packed RTF (MS-OXRTFCP): what tests need, nothing more."""

from __future__ import annotations

from binascii import crc32
from struct import pack

BODY, BODY_HTML, RTF, CODEPAGE = 0x1000001F, 0x10130102, 0x10090102, 0x3FDE0003
LONG_NAME, MIME_TAG, CONTENT_ID, DATA_OBJECT = 0x3707001F, 0x370E001F, 0x3712001F, 0x3701000D
MESSAGE = bytes.fromhex("0703020000000000C000000000000046")
"""The interface of a packed message: IID_IMessage."""


def tnef(*attributes: bytes, codepage: int = 1252) -> bytes:
    """A stream of these attributes."""
    first = attribute(1, 0x00089006, pack("<I", 0x10000)) + attribute(1, 0x00069007, pack("<II", codepage, 0))
    return pack("<IH", 0x223E9F78, 1) + first + b"".join(attributes)


def attribute(level: int, name: int, data: bytes) -> bytes:
    """One attribute, with its checksum."""
    return pack("<BII", level, name, len(data)) + data + pack("<H", sum(data) & 0xFFFF)


def about(*properties: bytes) -> bytes:
    """The message's properties."""
    return attribute(1, 0x00069003, listed(*properties))


def file(title: bytes, data: bytes | None, *properties: bytes) -> bytes:
    """One attachment."""
    return b"".join(
        (
            attribute(2, 0x00069002, pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)),
            b"" if data is None else attribute(2, 0x0006800F, data),
            attribute(2, 0x00018010, title + b"\0"),
            attribute(2, 0x00069005, listed(*properties)) if properties else b"",
        )
    )


def listed(*properties: bytes) -> bytes:
    """A list of properties with its count."""
    return pack("<I", len(properties)) + b"".join(properties)


def prop(tag: int, value: str | bytes | int, named: bytes = b"") -> bytes:
    """One property; `tag` is id and type, as the specification writes them."""
    head = pack("<HH", tag & 0xFFFF, tag >> 16) + named
    if isinstance(value, int):
        return head + pack("<I", value)
    octets = value.encode("utf-16-le") + b"\0\0" if isinstance(value, str) else value
    return head + pack("<I", 1) + sized(octets)


def sized(octets: bytes) -> bytes:
    """A value behind its length, filled up to four octets."""
    return pack("<I", len(octets)) + octets + bytes(-len(octets) % 4)


def named(text: str) -> bytes:
    """The name of a property that has one."""
    return bytes(16) + pack("<I", 1) + sized(text.encode("utf-16-le") + b"\0\0")


def packed_rtf(octets: bytes) -> bytes:
    """RTF as it is in a message, each octet for itself, and the end marked."""
    out, window = b"", 207
    for start in range(0, len(octets) + 1, 8):
        group = octets[start : start + 8]
        window += len(group)
        ends = len(group) < 8
        out += bytes([1 << len(group) if ends else 0]) + group
        if ends:
            out += pack(">H", (window % 4096) << 4)
    return rtf_frame(out, len(octets))


def rtf_frame(out: bytes, size: int) -> bytes:
    """What stands around packed octets. The sum is a CRC that starts from zero and is not turned over."""
    return pack("<III", len(out) + 12, size, 0x75465A4C) + pack("<I", crc32(out, 0xFFFFFFFF) ^ 0xFFFFFFFF) + out
