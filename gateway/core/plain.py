"""Plain reading: text as a person reads it, the disguises of names undone. Linear, bounded, total (I7)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from gateway.core.charset import beyond_ascii

PIECE = 64
"""Characters that are normalised at a time: Python sorts a run of combining marks in quadratic time."""

# Of the letters and signs of European languages those that NFKC leaves alone, as nearly all are that stand in mail.
_SETTLED = frozenset(one for one in map(chr, range(0x80, 0x250)) if unicodedata.normalize("NFKC", one) == one)
_SETTLED -= {"\xad"}
_SETTLED |= frozenset("\u2013\u2014\u2018\u2019\u201c\u201d\u20ac")

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# What is not seen: soft hyphen, zero-width and direction marks, variation selectors, fillers, tags (Unicode's
# Default_Ignorable_Code_Point), and the annotation marks.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_WORDS = re.compile("[\u3300-\u3370\ufdf0-\ufdfd]+")  # whole words and phrases in one character, up to eighteen letters
_AROUND_DOT = "[({<\\"
_DISGUISED = r"(?:[\[({<]\s{0,2}(?:\.|(?i:dot|punto|point|punkt))\s{0,2}[\])}>]|\\\.)"
_DOT = re.compile(_DISGUISED)
_SPACED_DOT = re.compile(rf"\s{{0,3}}{_DISGUISED}\s{{0,3}}")

_A_LABEL = re.compile(r"(?<![\w-])xn--([a-z0-9-]{1,59})(?![\w-])", re.IGNORECASE | re.ASCII)  # RFC 5890 §2.3.2.1


def plain(text: str) -> str:
    """The text without what hides a name from a look-up and not from a reader."""
    if "%" in text:
        text = _ESCAPES.sub(lambda match: unquote_to_bytes(match[0]).decode("utf-8", "replace"), text)
    if not _SETTLED.issuperset(beyond_ascii(text)):
        text = _normal(text).replace("\u3002", ".").replace("\u2010", "-")  # RFC 3490 §3.1, other dots are "." by now
    if any(map(text.__contains__, _AROUND_DOT)) and _DOT.search(text):
        text = _SPACED_DOT.sub(".", text)
    return _A_LABEL.sub(_letters, text) if "xn--" in text.lower() else text


def key(name: str) -> str:
    """What names of services are compared by: their plain reading in small letters."""
    return plain(name).lower()


def _letters(label: re.Match[str]) -> str:
    """An A-label as the letters it stands for; as it is where it stands for none."""
    try:
        letters = label[1].lower().encode("ascii").decode("punycode")  # RFC 3492
        letters.encode()
    except (UnicodeError, OverflowError):
        return label[0]
    return letters


def _normal(text: str) -> str:
    """What is not seen taken out, full-width and styled letters made plain (NFKC)."""
    seen = _WORDS.sub(" ", _UNSEEN.sub("", text))
    pieces = (seen[start : start + PIECE] for start in range(0, len(seen), PIECE))
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)
