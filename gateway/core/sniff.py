"""What a file is, told by its first octets, and whether that is what was said of it. A hint for eyes, not a scanner."""

from __future__ import annotations

import re

LOOKED_AT = 64 * 1024
"""Octets, at the start and at the end: a ZIP has its list of names at its end."""

WINDOWS = "application/vnd.microsoft.portable-executable"  # as registered with IANA
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIP = "application/zip"
_OLE = "application/x-ole-storage"
_HTML = re.compile(rb"(?i)(?:\xef\xbb\xbf)?[\s\0]*+(?:<!--[^>]*+>\s*+)?<(?:!doctype\s++html|html|head|body|script)\b")

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", _ZIP),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
)
_PROGRAM = re.compile(rb"MZ[^\0]{0,62}\0")
_INSIDE_ZIP = (
    (b"word/", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
)
_NAMES = {
    WINDOWS: "a Windows program",
    _OLE: "an older Office file",
    _ZIP: "a ZIP archive",
    "text/html": "a web page",
    "application/pdf": "a PDF",
    "application/rtf": "an RTF document",
    _INSIDE_ZIP[0][1]: "a Word document",
    _INSIDE_ZIP[1][1]: "an Excel workbook",
    _INSIDE_ZIP[2][1]: "a PowerPoint file",
}
_ALSO = {  # other names of the same, by what is found
    WINDOWS: ("application/x-msdownload", "application/x-dosexec", "application/x-msdos-program", "application/x-exe"),
    _OLE: ("application/msword", "application/vnd.ms-", _OFFICE),  # with a password the newer are of the older form
    _ZIP: (
        *("application/x-zip", "application/java-archive", "application/epub+zip", "application/vnd."),
        *("application/x-compressed", "application/x-ms-"),
    ),
    "text/html": ("application/xhtml+xml",),
    "image/jpeg": ("image/jpg", "image/pjpeg"),
    "image/png": ("image/x-png",),
    "application/rtf": ("text/rtf", "text/richtext", "application/msword"),
    "application/pdf": ("application/x-pdf",),
    **{kind: (_ZIP, "application/vnd.", "application/msword") for _, kind in _INSIDE_ZIP},
}
PROGRAMS = frozenset({WINDOWS, *_ALSO[WINDOWS]})
"""All names of a Windows program."""

_SAYS_NOTHING = ("application/octet-stream", "application/binary", "application/x-", "application/force-download")


def sniff(octets: bytes) -> str:
    """The content type by its octets, or "" where they tell nothing."""
    found = WINDOWS if _PROGRAM.match(octets) else ""
    found = next((kind for magic, kind in _MAGIC if octets.startswith(magic)), found)
    if found == _ZIP:
        ends = octets[:LOOKED_AT] + octets[-LOOKED_AT:]
        if b"[Content_Types].xml" in ends:
            found = next((kind for inside, kind in _INSIDE_ZIP if inside in ends), _ZIP)
    return found or ("text/html" if _HTML.match(octets, 0, LOOKED_AT) else "")


def mismatch(declared: str, sniffed: str) -> str:
    """What staff are told where a file is not what was said of it, or ""."""
    also = _ALSO.get(sniffed, ())
    if not sniffed:
        known = {kind for _, kind in _MAGIC} - {_OLE}
        return f"says {declared}, is none" if declared in known else ""
    if declared == sniffed or declared.startswith(also) or (sniffed != WINDOWS and declared.startswith(_SAYS_NOTHING)):
        return ""
    return f"says {declared}, is {_NAMES.get(sniffed, sniffed)}"
