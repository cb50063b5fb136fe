"""RTF as mail carries it: unpacked (MS-OXRTFCP), and to text, an HTML body inside it (MS-OXRTFEX) included. Linear."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gateway.core.charset import clean, decode
from gateway.core.markup import to_text

DEPTH = 500
"""Open groups; a text that has more ends there."""

_PACKED, _PLAIN = b"LZFu", b"MELA"
_HEADER = 16
_WINDOW = 4096
_FIRST_WORDS = (  # MS-OXRTFCP §2.1.2.1: what the window holds at first
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)

_TOKEN = re.compile(
    rb"""\\(?P<word>[A-Za-z]{1,32})(?>(?P<number>-?[0-9]{1,9})?)[ ]?
      | \\'(?P<octet>[0-9A-Fa-f]{2})
      | \\(?P<symbol>[^A-Za-z])
      | (?P<group>[{}])
      | [\r\n\\]++
      | (?P<text>[^\\{}\r\n]++)""",
    re.VERBOSE,
)
_UNSEEN = frozenset(
    (
        *(b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"headerl"),
        *(b"headerr", b"headerf", b"footerl", b"footerr", b"footerf", b"listtable", b"listoverridetable"),
    )
)
_CHARACTERS = {
    **dict.fromkeys((b"par", b"line", b"sect", b"page", b"row"), "\n"),
    **dict.fromkeys((b"tab", b"cell"), "\t"),
    **dict.fromkeys((b"emspace", b"enspace", b"qmspace"), " "),
    b"emdash": "\u2014",
    b"endash": "\u2013",
    b"bullet": "\u2022",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
}
_SYMBOLS = {b"~": "\xa0", b"_": "-", b"\n": "\n", b"\r": "\n", b"\\": "\\", b"{": "{", b"}": "}"}


def unpacked_rtf(octets: bytes, most: int) -> bytes:
    """The RTF itself, at most so many octets; what is broken ends there, what is no RTF is empty."""
    magic = octets[8:12]
    if magic == _PLAIN:
        return octets[_HEADER : _HEADER + most]
    out = bytearray(_FIRST_WORDS)
    at, most = _HEADER, most + len(out)
    while magic == _PACKED and at < len(octets) and len(out) < most:
        flags = octets[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += octets[at : at + 1]
                at += 1
                continue
            pair = int.from_bytes(octets[at : at + 2].ljust(2, b"\0"), "big")
            at += 2
            back = (len(out) - (pair >> 4)) % _WINDOW
            if not back or back > len(out) or at > len(octets):  # to where we stand: the end (§2.1.3.1.5)
                return bytes(out[len(_FIRST_WORDS) : most])
            length, start = (pair & 15) + 2, len(out) - back
            out += (out[start : start + length] * length)[:length]  # it may repeat what it is about to write
    return bytes(out[len(_FIRST_WORDS) : most])


def rtf_to_text(octets: bytes) -> str:
    """The words, without control characters."""
    page = _Page()
    at = 0
    while len(page.groups) < DEPTH and (token := _TOKEN.match(octets, at)):
        at = token.end()
        if token["word"] == b"bin":
            at += max(int(token["number"] or 0), 0)
        else:
            page.take(token)
    text = clean(page.text())
    return clean(to_text(text)) if page.html else "\n".join(map(str.rstrip, text.split("\n"))).strip("\n")


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds inside a group, and is as before behind it. `fallback`: characters that stand for one of Unicode."""

    seen: bool = True
    as_rtf: bool = False
    fallback: int = 1


class _Page:
    """The words so far, and the few things that a control word changes."""

    def __init__(self) -> None:
        self.groups: list[_Group] = []
        self.here = _Group()
        self.html = False  # it is one that was put into RTF: its tags are in groups, what repeats it is marked
        self.codepage = "cp1252"
        self.optional = False  # after `\\*`
        self.skip = 0
        self.out: list[str] = []
        self.octets = bytearray()

    def take(self, token: re.Match[bytes]) -> None:
        """One token."""
        kind = token.lastgroup
        if token["word"]:
            self._word(token["word"], token["number"])
        elif kind == "group":
            self._group(opens=token["group"] == b"{")
        elif token["symbol"] == b"*":
            self.optional = True
            return
        elif kind == "symbol":
            self._write(_SYMBOLS.get(token["symbol"], ""))
        elif kind == "octet":
            self._add(bytes.fromhex(token["octet"].decode("ascii")))
        elif kind == "text":
            self._add(token["text"])
        self.optional = False

    def text(self) -> str:
        """All of it; halves of one character, as RTF writes those beyond 16 bits, joined."""
        self._settle()
        return "".join(self.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _group(self, *, opens: bool) -> None:
        self.skip = 0
        if opens:
            self.groups.append(self.here)
        elif self.groups:
            self.here = self.groups.pop()

    def _word(self, word: bytes, number: bytes | None) -> None:
        value = int(number or 0)
        match word:
            case b"htmltag" if self.html and self.optional:
                pass
            case _ if self.optional or word in _UNSEEN:
                self.here = replace(self.here, seen=False)
            case b"fromhtml":
                self.html = True
            case b"htmlrtf":
                self.here = replace(self.here, as_rtf=number != b"0")
            case b"ansicpg":
                self._settle()
                self.codepage = f"cp{value}"
            case b"uc":
                self.here = replace(self.here, fallback=min(max(value, 0), 10))
            case b"u":
                self._write(chr(value & 0xFFFF))
                self.skip = self.here.fallback
            case _ if word in _CHARACTERS:
                self._write(_CHARACTERS[word])

    def _write(self, text: str) -> None:
        if self.here.seen and not self.here.as_rtf and text:
            self._settle()
            self.out.append(text)

    def _add(self, octets: bytes) -> None:
        """Octets in the code page, without those that stand for a character already written."""
        skipped = min(self.skip, len(octets))
        self.skip -= skipped
        if self.here.seen and not self.here.as_rtf:
            self.octets += octets[skipped:]

    def _settle(self) -> None:
        if self.octets:
            self.out.append(decode(bytes(self.octets), self.codepage))
            self.octets.clear()
