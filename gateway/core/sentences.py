"""Sentences: a text as folded words, to look for meaning in. Linear, bounded, total (I7).

A fold has the length of its text, so that what is found in the one can be shown from the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from gateway.core.charset import beyond_ascii
from gateway.core.skeleton import LIKE

_LATIN = range(0x80, 0x250)  # up to Latin Extended-B
# Looked for by its first character, which is several times as fast as by alternatives.
_ENDS = re.compile(
    r"[.!?;:\n](?:(?<!\n)(?=\s|\Z)|(?<=\n)(?:[ \t\r]*+\n|(?=[ \t]{0,8}(?:[-*+•–—>]|\d{1,2}[.)])\s)))"  # noqa: RUF001 - bullets
)
_WORD = re.compile(r"[^\W_]++(?>(?:[.@][^\W_]++)*)|,|\(|\)")


def _letter(one: str) -> str:
    """The letter without its accent, the small one; the character itself where that would be none or several."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", one) if not unicodedata.combining(part)).lower()
    return bare if len(bare) == 1 else one


_SEEN = {chr(code): letter for code, letter in LIKE.items() if len(letter) == 1 and code >= _LATIN.start}
_BARE = {one: _letter(one) for one in map(chr, _LATIN)}
# Each to its end, for they are replaced one after the other: a great O with a stroke becomes o, as a small one does.
_FOLD = {one: _SEEN.get(letter, letter) for one, letter in _BARE.items() if letter != one} | _SEEN
_FOLD |= dict.fromkeys("\u2018\u2019", "'")

_PARTING = b"'\".,;:!?()[]{}<>-_/\\|*#=+@&%$^~`"
_PARTED = bytes.maketrans(_PARTING, b" " * len(_PARTING))


def folded(text: str) -> str:
    """Small letters without accents, as long as the text; other alphabets' letters as the Latin ones they look like."""
    for one in _FOLD.keys() & beyond_ascii(text):
        text = text.replace(one, _FOLD[one])
    return text.lower()


def words(fold: str) -> list[str]:
    """The words of a fold, host names in pieces: quick, for a first look."""
    return fold.encode("ascii", "replace").translate(_PARTED).decode("ascii").split()  # ASCII is ten times as fast


def placed(fold: str) -> list[re.Match[str]]:
    """The words of a fold with their places: host names and addresses whole, commas and brackets apart."""
    return list(_WORD.finditer(fold))


def sentences(fold: str) -> Iterator[tuple[int, int, bool]]:
    """Where each sentence begins and ends, and whether it asks. Of line breaks a blank line or a bullet ends one."""
    start = 0
    for end in _ENDS.finditer(fold):
        yield start, end.start(), end[0] == "?"
        start = end.end()
    yield start, len(fold), False
