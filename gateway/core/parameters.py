"""Values with parameters, `text/plain; charset=utf-8` (RFC 2045 §5.1, RFC 2231). Linear."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import unquote_to_bytes

from gateway.core.charset import decode, words

VALUE_OCTETS = 8 * 1024
PARAMETERS = 100
FILENAME_CHARACTERS = 150
ENCODED_CHARACTERS = 2_000

# Possessive, so that nothing is tried twice; a value that opens a quote and never closes it runs to the next semicolon.
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?>(?:[^"\\]++|\\.)*))"|([^;]*+))', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_FIRST = re.compile(r"[\s;(].*+", re.DOTALL)


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """The first word in lower case, and the parameters: of duplicates the first. Over the bound, nothing."""
    if not 0 < len(value) <= VALUE_OCTETS:
        return "", {}
    text = decode(value)
    first = _FIRST.sub("", text)
    rest = text[len(first) :].lstrip()  # a first semicolon that is missing is made up
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in islice(_PARAMETER.finditer(rest if rest.startswith(";") else f";{rest}"), PARAMETERS):
        name, quoted, bare = match.groups("")
        content = _ESCAPED.sub(r"\1", quoted) if quoted else bare.strip()
        base, star, rest = name.lower().partition("*")
        if not star:
            plain.setdefault(base, content)
        elif (number := _number(rest)) is not None:
            pieces.setdefault(base, {}).setdefault(number, (content, rest.endswith("*") or not rest))
    return first.lower(), plain | {base: _joined(parts) for base, parts in pieces.items()}


def filename(*candidates: str) -> str:
    """The first name given, decoded and made safe: one path segment, no control or bidi character, bounded; or ""."""
    for candidate in candidates:
        text = words(candidate[:ENCODED_CHARACTERS].encode("utf-8", "replace")) if "=?" in candidate else candidate
        segment = text.replace("\\", "/").rstrip("/ ").rpartition("/")[2][: 4 * FILENAME_CHARACTERS]
        kept = "".join(one for one in segment if one == " " or one.isprintable())
        if name := " ".join(kept.split()).strip(". "):
            return _shortened(name)
    return ""


def _shortened(name: str) -> str:
    if len(name) <= FILENAME_CHARACTERS:
        return name
    stem, _, extension = name.rpartition(".")
    ending = f".{extension}" if stem and len(extension) <= 10 else ""  # noqa: PLR2004 - longer is no extension
    return name[: FILENAME_CHARACTERS - len(ending)] + ending


def _number(rest: str) -> int | None:
    """Which piece `name*rest` is: RFC 2231 §3 (continuations) and §4 (charset, percent forms)."""
    digits = rest.removesuffix("*")
    if not digits:
        return 0
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 3 else None  # noqa: PLR2004 - 999 pieces


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    charset, octets, number = "", b"", 0
    while number in pieces:  # up to the first gap
        content, extended = pieces[number]
        if extended and not number and content.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
            charset, _, content = content.split("'", 2)
        octets += unquote_to_bytes(content) if extended else content.encode("utf-8", "replace")
        number += 1
    return decode(octets, charset)
