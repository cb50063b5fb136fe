"""What looks alike, folded to one form: the idea of UTS #39 §4 with a table of our own. Total, bounded; to compare by.

`letters` folds character by character, so that one changed character stays one; `skeleton` folds besides what two
characters together look like. Neither is an address, and neither is taken of what is already folded.
"""

# ruff: noqa: RUF001 - ambiguous letters are what the table is of

from __future__ import annotations

import re
import unicodedata

CHARACTERS = 320
"""More is not looked at: 64 of a local part, 255 of a domain, and the @ (RFC 5321 §4.5.3.1)."""

# Small letters that the eye takes for a Latin one: Cyrillic, Greek, Armenian, Cherokee, and Latin ones with a stroke or
# a hook. What has an accent, full width or a mathematical form is taken apart by NFKD before.
_LIKE = {
    "a": "аɑαᴀꭺ",
    "b": "ьвƅɓʙβꮟᏼ",
    "c": "сςᴄꮯ",
    "d": "ԁɗɖđᴅժꮷ",
    "e": "еҽєɛεᴇꭼəǝ",
    "f": "ғƒϝք",
    "g": "ɡɢցԍꮐ",
    "h": "һнħʜհћђηꮋꮒ",
    "i": "іıɩɪιꭵ",
    "j": "јϳյᴊꭻȷ",
    "k": "кκƙᴋĸꮶ",
    "l": "ӏłɭʟլǀ|1ꮮ",
    "m": "мᴍʍꮇ",
    "n": "пոռղŋɲɳɴ",
    "o": "оοσօøᴏ0ө",
    "p": "рρƥᴘþꮲ",
    "q": "ԛզգ",
    "r": "гґɾɽʀꭱꮢ",
    "s": "ѕʂꜱꮥꮪ",
    "t": "тτŧƭᴛꭲ",
    "u": "սυʋᴜꮜцμи",
    "v": "ѵνᴠꮩ",
    "w": "ԝωաɯᴡꮃꮤ",
    "x": "хχ",
    "y": "уүγƴʏꭹꮍ",
    "z": "зʐƶᴢꮓ",
    "ae": "æ",
    "oe": "œ",
    "ss": "ß",
}
LIKE = str.maketrans({one: letter for letter, several in _LIKE.items() for one in several})
_TOGETHER = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_A_LABEL = re.compile(r"(?:(?<=[.@])|^)xn--([a-z0-9-]{1,59})(?![a-z0-9-])")


def letters(text: str) -> str:
    """The text with each character as the letter that it looks like: l, i and 1 are one, so are o and 0."""
    return both(text)[0]


def skeleton(text: str) -> str:
    """The text as the eye may take it: rn is m, vv is w, cl is d."""
    return both(text)[1]


def both(text: str) -> tuple[str, str]:
    """`letters` and `skeleton` of a text that is folded once for them."""
    folded = found = _folded(text)
    for pair, letter in _TOGETHER:
        found = found.replace(pair, letter)
    return folded.replace("i", "l"), found.replace("i", "l")  # last, or `ci` would look like `d`


def _folded(text: str) -> str:
    text = text[:CHARACTERS].lower()
    if "xn--" in text:
        text = _A_LABEL.sub(_u_label, text)
    if text.isascii():
        return text.replace("0", "o").replace("1", "l").replace("|", "l")  # what the table says, four times as fast
    text = unicodedata.normalize("NFKD", text).lower()
    return "".join(one for one in text if one.isprintable() and unicodedata.category(one)[0] != "M").translate(LIKE)


def _u_label(label: re.Match[str]) -> str:
    """An A-label as its U-label (RFC 5890 §2.3.2.1); what decodes to nothing stays as it is."""
    try:
        return label[1].encode("ascii").decode("punycode")
    except UnicodeError:
        return label[0]
