"""Card lines: what calendars (RFC 5545 §3.1) and vCards (RFC 6350 §3.3) are written in. Linear, bounded, total."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from gateway.core.charset import clean, decode

OCTETS = 512 * 1024
"""Of one card: what is over it is not read."""

LINES = 5_000
PARAMETERS = 20
VALUE_OCTETS = 16 * 1024

_FOLD = re.compile(rb"\r?\n[ \t]")
_FOLD_BEFORE_SPACE = re.compile(rb"\r?\n(?=[ \t])")
_OLD = re.compile(rb"\nversion:(?:2\.1|1\.0)\s", re.IGNORECASE)
_LINE = re.compile(rb'(?>(?:[A-Za-z0-9-]++\.)?)([A-Za-z0-9-]++)((?>(?:;(?>(?:[^":;]++|"[^"]*+"?+)*))*)):')
_PARAMETER = re.compile(rb';([^=;"]++)(?>(?:=((?>(?:[^";]++|"[^"]*+"?+)*)))?)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BARE = {b"QUOTED-PRINTABLE": b"ENCODING", b"BASE64": b"ENCODING"}  # vCard 2.1 may leave a parameter's name out


@dataclass(frozen=True, slots=True)
class Line:
    """One property: name and parameter names in capitals, the value with its escapes still in."""

    name: str
    parameters: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value as text: RFC 5545 §3.3.11, RFC 6350 §3.4."""
        return unescaped(self.value).strip()


def lines_of(octets: bytes, charset: str = "") -> Iterator[Line]:
    """Every line that is one, in order; `charset` is what was declared around them."""
    for line in islice(_unfolded(octets[:OCTETS]), LINES):
        if found := _LINE.match(line[:VALUE_OCTETS]):
            given = _parameters(found[2])
            value = line[found.end() : found.end() + VALUE_OCTETS]
            if given.get(b"ENCODING", b"").upper() == b"QUOTED-PRINTABLE":
                value = a2b_qp(value)
            own = decode(given.get(b"CHARSET", b"")) or charset
            texts = {decode(name): clean(decode(one.strip(b'"'), charset)) for name, one in given.items()}
            yield Line(found[1].decode("ascii").upper(), texts, clean(decode(value, own)))


def parts_of(value: str, separator: str) -> list[str]:
    """A value of several parts, each as text: a separator behind a backslash parts nothing."""
    held = value.replace("\\\\", "\0").replace(f"\\{separator}", "\1")  # neither is left in it by `clean`
    return [unescaped(one.replace("\1", separator).replace("\0", "\\\\")).strip() for one in held.split(separator)]


def unescaped(value: str) -> str:
    """What the escapes stand for."""
    return _ESCAPE.sub(lambda escape: "\n" if escape[1] in "nN" else escape[1], value)


def _unfolded(octets: bytes) -> Iterator[bytes]:
    """Whole lines. Octets, because a fold may stand inside a character; the older versions keep the space of a fold."""
    fold = _FOLD_BEFORE_SPACE if _OLD.search(octets) else _FOLD
    pieces: list[bytes] = []
    for line in fold.sub(b"", octets).split(b"\n"):
        piece = line.rstrip(b"\r")
        quoted = b"QUOTED-PRINTABLE" in (pieces[0] if pieces else piece)[:200].upper()
        if quoted and piece.endswith(b"="):  # RFC 2045 §6.7, a soft line break
            pieces.append(piece[:-1])
            continue
        yield b"".join([*pieces, piece])
        pieces.clear()
    yield b"".join(pieces)


def _parameters(text: bytes) -> dict[bytes, bytes]:
    """The first of each name; of a bare word what it is the value of."""
    given: dict[bytes, bytes] = {}
    for match in islice(_PARAMETER.finditer(text), PARAMETERS):
        name, value = match[1].strip().upper(), match[2]
        if value is None:
            name, value = _BARE.get(name, b"TYPE"), name
        given.setdefault(name, value)
    return given
