"""The header, split: raw bytes to fields and the place where the body starts. Linear, bounded; decodes nothing.

It reads past what other programs stumble over (junk lines, white space before a colon), so that the author can be
looked for in every reading of the header; who needs certainty asks `same_name` and the standard library as well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

HEADER_OCTETS = 256 * 1024
FIELDS = 2_000

_END = re.compile(rb"\n\r?\n")
_BEFORE = re.compile(rb"(?:(?>(?:\r?\n)*)(?=From |[!-9;-~]++:))?(?:From (?![ \t]*:)[^\n]*\n)?")
"""Empty lines above a header, as a careless pipe adds, and the line that stands before each message of an mbox."""

_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
_LINE_END = re.compile(rb"\n(?![ \t])")
"""Before a line that is not folded under the one above it."""
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NOT_A_NAME = re.compile(rb"[^!-~]+")

Field = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Split:
    """A header's fields: names in lower case, values raw with their folding. `defect` is "" where all is well.

    `named` holds the same values by name; `junk` are lines that are no field; `body` is the offset of the first
    octet after the empty line.
    """

    fields: tuple[Field, ...]
    named: Mapping[str, list[bytes]]
    junk: tuple[bytes, ...]
    body: int
    defect: str = ""

    def all(self, name: str) -> list[bytes]:
        """The values of every field of this name, in order."""
        return self.named.get(name, [])

    def first(self, name: str) -> bytes:
        """The value of the first field of this name, or nothing."""
        return self.named[name][0] if name in self.named else b""


def split(raw: bytes) -> Split:
    """The header of a whole message. Over a bound or with wrong line ends it is still read as far as the bounds go."""
    start = found.end() if (found := _BEFORE.match(raw, 0, 1000)) else 0
    head, body = _head(raw, start)
    fields, junk = read(head)
    if not fields:
        body = start  # no header at all: nothing of what was written is taken for one
    if len(head) > HEADER_OCTETS:
        defect = f"the header is over {HEADER_OCTETS} octets"
    elif len(fields) + len(junk) > FIELDS:
        defect = f"the header has over {FIELDS} fields"
    else:
        defect = line_ends(raw)
    named: defaultdict[str, list[bytes]] = defaultdict(list)
    for name, value in fields[:FIELDS]:
        named[name].append(value)
    return Split(fields[:FIELDS], named, junk[:FIELDS], body, defect)


def line_ends(raw: bytes) -> str:
    """What is wrong with the line ends: nothing where all are CRLF, or (from a pipe) all are LF (threats rule 3)."""
    if b"\0" in raw:
        return "a NUL"
    returns = raw.count(b"\r")
    if not returns:
        return ""
    pairs = raw.count(b"\r\n")
    if returns != pairs:
        return "a bare CR"  # RFC 5321 §2.3.8
    return "" if raw.count(b"\n") == pairs else "a bare LF"


def read(head: bytes) -> tuple[tuple[Field, ...], tuple[bytes, ...]]:
    """The fields and the junk lines of a header without its closing empty line."""
    fields: list[Field] = []
    junk: list[bytes] = []
    for line in _unwrapped(head):
        if match := _NAME.match(line):
            fields.append((match[1].decode("ascii").lower(), line[match.end() :]))
        elif line.strip():
            junk.append(line)
    return tuple(fields), tuple(junk)


def unfolded(value: bytes) -> bytes:
    """A raw value on one line: RFC 5322 §2.2.3."""
    return (_FOLD.sub(b"", value) if b"\n" in value else value).strip()


def same_name(line: bytes, name: bytes) -> bool:
    """Whether some program may read this junk line as a field of that name, whatever stands inside or around it."""
    before, colon, _ = line.partition(b":")
    return bool(colon) and _NOT_A_NAME.sub(b"", before).lower() == name


def _head(raw: bytes, start: int) -> tuple[bytes, int]:
    """The header's octets, at most one over the bound, and where the body starts."""
    if raw.startswith((b"\r\n", b"\n"), start):
        return b"", raw.index(b"\n", start) + 1
    if found := _END.search(raw, start, start + HEADER_OCTETS + 3):
        return raw[start : found.start()], found.end()
    return raw[start : start + HEADER_OCTETS + 1], len(raw)


def _unwrapped(head: bytes) -> list[bytes]:
    """Lines with the lines folded under them."""
    return [line.removesuffix(b"\r") for line in _LINE_END.split(head)]
