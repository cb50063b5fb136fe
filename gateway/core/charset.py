"""Octets to text: the charset ladder and encoded words (RFC 2047). Total and linear.

Codecs come from a table: Python would import a module, and remember it for ever, for each name that a stranger invents.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import a2b_qp
from encodings.aliases import aliases

_NO_CHARSETS = {
    *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs", "oem"),
    *("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"),  # some of these are quadratic, too
}
_MEANT = {  # what senders mean by a narrower name: its superset
    "ascii": "utf_8",
    "latin_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_FAMILY = re.compile(r"(?:windows|win|dos|ibm)(?=[0-9])")
_KNOWN = {name: codec for name, codec in aliases.items() if codec not in _NO_CHARSETS}
_CODECS = {_PUNCTUATION.sub("", name): codec for known in _KNOWN.items() for name in known for codec in known[1:]} | {
    "cp874": "cp874",
    "iso88598e": "iso8859_8",
    "iso88598i": "iso8859_8",
    "koi8u": "koi8_u",
    "latin9": "iso8859_15",
    "utf8mb4": "utf_8",
}
_SHIFTED = ("iso2022", "hz")  # written in ASCII, so that any of it is UTF-8 as well, and gibberish
_WIDE = ("utf_16", "utf_32")
_ASCII = bytes(range(0x80))
_UNASSUMING = bytes({*range(0x100)} - {*range(0x09), *range(0x0B, 0x20), 0x7F, 0xC2, 0xED})
"""In a text without any other octet is neither a control character nor a surrogate."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CHARSET = rb"[!->@-~]{1,75}"
_WORD = re.compile(  # RFC 2047 §2; spaces and question marks inside are tolerated
    rb"=\?(%s)\?([bBqQ])\?((?>(?:[^?\r\n]|\?(?!=)){0,1000}))\?=" % _CHARSET
)
_BETWEEN = re.compile(rb"(\?=)\s++(?==\?%s\?[bBqQ]\?)" % _CHARSET)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def codec(charset: str) -> str:
    """The codec for a declared charset, however it is spelt, or "" where it is none that text is written in."""
    name = _PUNCTUATION.sub("", charset[:40].lower())
    found = _CODECS.get(_FAMILY.sub("cp", name.removeprefix("x")), "")
    return _MEANT.get(found, found)


def decode(octets: bytes, charset: str = "") -> str:
    """Text by the ladder: as declared, else strict UTF-8, else either with few faults, else windows-1252."""
    if not charset and octets.isascii():  # nearly all header values
        return octets.decode()
    declared = codec(charset) if charset else ""
    if declared.startswith(_WIDE) and b"\0" not in octets:
        declared = ""  # ASCII that calls itself "unicode"
    names = [name for name in dict.fromkeys((declared, "utf_8")) if name]
    for name in names[:1] if declared.startswith(_SHIFTED) else names:
        try:
            return octets.decode(name).removeprefix("\ufeff")
        except UnicodeError:
            continue
    mended = (octets.decode(name, "replace") for name in names)
    return next(filter(_mostly_right, mended), octets.decode("cp1252", "replace")).removeprefix("\ufeff")


def beyond_ascii(text: str) -> str:
    """The characters beyond ASCII: few in most mail, so that what concerns them alone need not look at the others."""
    if text.isascii():
        return ""
    return without(text, _ASCII).decode("utf-8", "surrogatepass")


def without(text: str, octets: bytes) -> bytes:
    """What is left of a text in UTF-8 without these octets: a first look, many times as fast as by a pattern."""
    return text.encode("utf-8", "surrogatepass").translate(None, octets)


def _mostly_right(text: str) -> bool:
    """A cut or a foreign letter among many of its own: at least four characters beyond ASCII for each fault."""
    return text.count("\ufffd") * 5 <= len(beyond_ascii(text))


def clean(text: str) -> str:
    """Text with LF line ends and no other control character but the tab, and no lone surrogate."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text) if without(text, _UNASSUMING) else text


def words(value: bytes) -> str:
    """A header value with its encoded words decoded, broken ones as far as they go; the rest by the ladder."""
    if b"=?" not in value:
        return decode(value)
    value = _BETWEEN.sub(rb"\1", value)  # RFC 2047 §6.2: white space between two encoded words is none
    text: list[str] = []
    octets, charset, at = b"", "", 0
    for word in _WORD.finditer(value):
        named = word[1].decode("ascii").partition("*")[0].lower()  # RFC 2231 §5: a language after the star
        if octets and (word.start() > at or named != charset):
            text.append(decode(octets, charset))
            octets = b""
        text.append(decode(value[at : word.start()]) if word.start() > at else "")
        octets += _word_octets(word)  # joined before decoding: senders split inside a character
        charset, at = named, word.end()
    return "".join([*text, decode(octets, charset), decode(value[at:])])


def base64_octets(octets: bytes) -> bytes:
    """Base64 as far as it goes: foreign octets skipped, a broken end cut, nothing raised."""
    try:
        return b64decode(octets)
    except ValueError:
        kept = _NOT_BASE64.sub(b"", octets.partition(b"=")[0])
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return b64decode(kept + b"=" * (-len(kept) % 4))


def _word_octets(word: re.Match[bytes]) -> bytes:
    if word[2] in b"bB":
        return base64_octets(word[3])
    return a2b_qp(word[3], header=True)
