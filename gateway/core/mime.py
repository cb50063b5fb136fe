"""MIME: a message's octets to its flat list of parts, by one walk over the lines that begin with two hyphens.

No recursion, no regular expression over a body. Beyond a bound the rest stays together as one opaque leaf: nothing
is dropped. What has no delimiter is read as plain text, and what is not closed ends with what is around it.
"""

from __future__ import annotations

import re
from binascii import Error as NoEncoding
from binascii import a2b_qp, a2b_uu
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.core.charset import base64_octets
from gateway.core.fields import Field, read, unfolded
from gateway.core.parameters import filename, parameters

PARTS = 2_000
"""One within the other, too: the walk does not recurse."""
LINES_TRIED = 100_000
"""Lines that begin with two hyphens."""

PART_HEADER_OCTETS = 64 * 1024
HEADERS_OCTETS = 512 * 1024
"""Of all part headers together: a thousand long ones took eleven seconds to read."""

BOUNDARY_OCTETS = 998  # RFC 2046 §5.1.1 says 70; a line has no more (RFC 5322 §2.1.1)

FOREIGN_TRIED = 4 * 1024
"""Octets of what is declared as base64, that tell whether it is."""

OPAQUE = "application/octet-stream"

_HEAD_END = re.compile(rb"\n(?:\r?\n|(?=--))")  # no header line begins with hyphens, a delimiter does
_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*+\r?\n", re.MULTILINE)
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
KIND = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")  # RFC 6838 §4.2


@dataclass(frozen=True, slots=True)
class Head:
    """What a part says of itself. `kind` is type/subtype in lower case."""

    kind: str
    parameters: Mapping[str, str]
    disposition: str = ""
    filename: str = ""
    content_id: str = ""
    encoding: str = ""

    @property
    def boundary(self) -> bytes:
        """What its delimiters hold behind their hyphens; empty where it is nothing that has parts."""
        boundary = self.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
        return boundary if self.kind.startswith("multipart/") and len(boundary) <= BOUNDARY_OCTETS else b""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `parent` is an index into the list, -1 for the root; its body is raw[start:end]."""

    head: Head
    parent: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part and what it stands in, the message or one that was inside it. Nothing is copied until it is asked for."""

    raw: bytes = field(repr=False)
    part: Part

    def octets(self) -> bytes:
        """After transfer decoding."""
        return content(self.raw, self.part)


def walk(raw: bytes, fields: tuple[Field, ...], body: int) -> tuple[Part, ...]:
    """Every part, each before its children, siblings in order. The first is the message itself."""
    walker = _Walker(raw)
    walker.open(head_of(fields), body)
    at, tried = max(body - 1, 0), 0
    while walker.levels and (at := raw.find(b"\n--", at)) != -1:
        tried += 1
        if tried > LINES_TRIED:
            walker.keep_rest(at)
            break
        stop = raw.find(b"\n", at + 1)
        stop = len(raw) if stop == -1 else stop
        level, closing = walker.delimiter(at + 3, stop)
        if level is None:
            at = stop
        else:
            walker.end(level + 1, at)
            if closing:
                walker.end(level, at)  # what follows is epilogue, until a delimiter of something around it
            at = stop if closing else walker.enter(stop)
    walker.end(0, len(raw))
    return walker.result()


def content(raw: bytes, part: Part) -> bytes:
    """A leaf's octets after transfer decoding; broken encodings as far as they go, what is none as it is."""
    octets = raw[part.start : part.end]
    match part.head.encoding:
        case "base64" if not _plain(octets[:FOREIGN_TRIED]):
            return base64_octets(octets)
        case "quoted-printable":
            return a2b_qp(octets)
        case "x-uuencode" | "uuencode" | "x-uue":
            return _uudecoded(octets)
        case _:
            return octets


def _plain(octets: bytes) -> bool:
    """Whether what calls itself base64 is words: RFC 2045 §6.8 ignores a foreign octet, but not one in sixteen."""
    return len(octets.translate(None, _BASE64)) * 16 > len(octets)


def _uudecoded(octets: bytes) -> bytes:
    """The first file in it, or what is there where there is none: never registered, and still sent."""
    begin = _BEGIN.search(octets)
    found: list[bytes] = []
    for line in octets[begin.end() :].splitlines() if begin else ():
        if line.rstrip() in (b"end", b"`"):
            break
        try:
            found.append(a2b_uu(line))
        except NoEncoding:
            return octets
    return b"".join(found) if begin else octets


class _Walker:
    """The open parts, outermost first, and what was found. `levels`: each open boundary's place in `path`."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.found: list[tuple[Head, int, int]] = []
        self.ends: list[int] = []
        self.path: list[int] = []
        self.boundaries: list[bytes] = []
        self.levels: dict[bytes, int] = {}
        self.headers_left = HEADERS_OCTETS

    def open(self, head: Head, start: int) -> None:
        boundary = head.boundary
        self.found.append((head, self.path[-1] if self.path else -1, start))
        self.ends.append(len(self.raw))
        if boundary and boundary not in self.levels:
            self.levels[boundary] = len(self.path)
            self.boundaries.append(boundary)
        self.path.append(len(self.found) - 1)

    def delimiter(self, start: int, stop: int) -> tuple[int | None, bool]:
        """The level that this line delimits, if any, and whether it closes it. The whole line counts, not a prefix."""
        if stop - start > BOUNDARY_OCTETS + 50:
            return None, False
        line = self.raw[start:stop].rstrip()
        level = self.levels.get(line)
        if level is None and line.endswith(b"--"):
            return self.levels.get(line[:-2]), True
        return level, False

    def end(self, level: int, at: int) -> None:
        """Whatever is open from `level` on ends before the line end at `at`."""
        edge = at - 1 if self.raw[at - 1 : at] == b"\r" else at
        while len(self.path) > level:
            index = self.path.pop()
            self.ends[index] = max(edge, self.found[index][2])
            if self.boundaries and self.levels[self.boundaries[-1]] == len(self.path):
                del self.levels[self.boundaries.pop()]

    def enter(self, stop: int) -> int:
        """A delimiter: the next part starts after it. Returns where to look on."""
        if len(self.found) >= PARTS or self.headers_left < 0:
            self.keep_rest(stop)
            return stop
        default = "message/rfc822" if self.found[self.path[-1]][0].kind == "multipart/digest" else "text/plain"
        end = _HEAD_END.search(self.raw, stop, stop + PART_HEADER_OCTETS)
        if end is None and len(self.raw) - stop > PART_HEADER_OCTETS:
            self.open(Head(OPAQUE, {}), stop + 1)
            return stop
        head = self.raw[stop + 1 : end.start() if end else len(self.raw)]
        self.headers_left -= len(head)
        self.open(head_of(read(head)[0], default), end.end() if end else len(self.raw))
        return end.end() - 1 if end else len(self.raw)

    def keep_rest(self, at: int) -> None:
        """All from the line end at `at` on becomes one opaque leaf, and no delimiter counts any more."""
        self.end(self.levels[self.boundaries[-1]] + 1, at)
        self.open(Head(OPAQUE, {}), min(at + 1, len(self.raw)))
        self.levels.clear()
        self.boundaries.clear()

    def result(self) -> tuple[Part, ...]:
        parents = {parent for _, parent, _ in self.found}
        return tuple(
            Part(
                _as_text(head) if head.kind.startswith("multipart/") and index not in parents else head,
                parent,
                start,
                end,
            )
            for index, ((head, parent, start), end) in enumerate(zip(self.found, self.ends, strict=True))
        )


def _as_text(head: Head) -> Head:
    """A multipart that has no part in it."""
    return Head("text/plain", {}, head.disposition, head.filename)


def head_of(fields: tuple[Field, ...], default: str = "text/plain") -> Head:
    """What these fields, of a message or a part, say of it: of fields that are there twice the first."""
    own: dict[str, bytes] = {}
    for name, value in fields:
        if name.startswith("content-"):
            own.setdefault(name, unfolded(value))
    kind, given = parameters(own.get("content-type", b""))
    disposition, about = parameters(own.get("content-disposition", b""))
    return Head(
        kind=kind if KIND.fullmatch(kind) else default if "content-type" not in own else "text/plain",
        parameters=given,
        disposition=disposition,
        filename=filename(about.get("filename", ""), given.get("name", "")),
        content_id=own.get("content-id", b"")[:250].decode("ascii", "replace").strip("<> "),
        encoding=own.get("content-transfer-encoding", b"")[:40].decode("ascii", "replace").strip().lower(),
    )
