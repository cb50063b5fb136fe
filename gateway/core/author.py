"""The author: the one mailbox of the one From field, or the rule that says why there is none (threats rule 2).

A strict linear tokenizer over the raw octets; the standard library must then find the same address, and is not asked
where it could find no other. What two mail programs may read differently is no author: nothing here picks.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from gateway.core.address import Address
from gateway.core.charset import words
from gateway.core.fields import Split, same_name, unfolded

VALUE_OCTETS = 4 * 1024
NAMED = 3
"""More addresses in a display name are no name, and would hide one from who looks them up."""

_BLANK_FOLD = re.compile(rb"\n[ \t]*(?:\r?\n|\Z)")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_TOKEN = re.compile(
    r"""(?P<space>[ \t]++)
      | (?P<quoted>"(?>(?:[^"\\]++|\\.)*)")
      | (?P<comment>\([^@<>()",;:\\]*+\))
      | (?P<atom>[A-Za-z0-9!\#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]++)
      | (?P<special>".*+|.)""",  # a quote that is not closed takes the rest: tried anew at each, it is quadratic
    re.VERBOSE | re.DOTALL,
)
_ATOM = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_ADDRESS = rb"%s(?>(?:\.%s)*)@[A-Za-z0-9-]++(?>(?:\.[A-Za-z0-9-]++)*)" % (_ATOM, _ATOM)
_PHRASE = rb"(?:\"[ !#-'*-;=?A-Z^-~]++\"|%s(?>(?:[ .]++%s)*)\.?+)[ \t]++" % (_ATOM, _ATOM)
_PLAIN = re.compile(rb"[ \t]*+(?:%s|(?:%s)?<%s>)[ \t]*+" % (_ADDRESS, _PHRASE, _ADDRESS))
"""A value on one line that reads in one way: ASCII, no comment, no escape, nothing in the name that an address has."""
_ORDERLY = re.compile(rb"(?>(?:[!-9;-~]++:[^\r\n]*+(?>(?:\r?\n[ \t][^\r\n]*+)*)\r?\n)+)\r?\n")
"""A header of fields alone, which all readers part alike: no junk, no white space before a colon, nothing above it."""
_PART = r'[^\s<>()",;:@]'
_ADDRESS_IN_TEXT = re.compile(rf"(?<!{_PART}){_PART}++@{_PART}++")  # begun inside a part, it would be quadratic
_AROUND = "'`*.!?/|-_[]{}‘’“”«»…"  # noqa: RUF001 - what people put around an address
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WHY = {
    ",": "several mailboxes",
    ";": "a group",
    ":": "a group or a route",
    "(": "a comment inside or before the address, or with punctuation that an address has",
    ")": "a comment inside or before the address, or with punctuation that an address has",
    "[": "a domain literal",
    "]": "a domain literal",
    '"': "a quote that is not closed",
    "<": "more than one angle bracket",
    ">": "more than one angle bracket",
    "@": "an address in the display name",
}

Token = tuple[str, str]
"""The group's name and the text."""


class _NoAuthorError(ValueError):
    """Why a From value is refused, for the operator."""


def author(header: Split, raw: bytes) -> Address | str:
    """The author of a message whose header is raw[:header.body], or which rule says that there is none."""
    values = header.all("from")
    if any(same_name(line, b"from") for line in header.junk):
        return "a From field with an odd name"  # some programs read it, some do not
    if len(values) != 1:
        return f"{len(values)} From fields"  # RFC 5322 §3.6.2
    try:
        found = mailbox(values[0])
        if not (_PLAIN.fullmatch(values[0]) and _ORDERLY.fullmatch(raw, 0, header.body)):
            _library_agrees(found, raw[: header.body])
        if len(in_name(values[0], found)) > NAMED:
            return f"over {NAMED} addresses in the display name"
    except ValueError as fault:
        return str(fault)
    return found


def in_name(value: bytes, author: Address) -> tuple[Address, ...]:
    """The addresses that a reader sees in the display name, other than the author's own."""
    if value.count(b"@") == 1 and value.isascii() and b"=?" not in value:  # nearly all mail
        return ()  # the author's
    text = unicodedata.normalize("NFKC", words(unfolded(value))).replace("\\", "")
    if text.count("@") == 1:
        return ()  # the author's
    text = "".join(one for one in text if one.isprintable() or one == "\t")
    found: dict[str, Address] = {}
    for match in _ADDRESS_IN_TEXT.findall(text):
        with suppress(ValueError):
            one = Address.parse(match.strip(_AROUND))
            found[one.key] = one
    found.pop(author.key, None)
    return tuple(found.values())


def mailbox(value: bytes) -> Address:
    """The one mailbox in a raw value: `addr`, `<addr>` or `phrase <addr>`. Raises ValueError, saying which rule."""
    tokens = _tokens(_text(value))
    if tokens and tokens[-1][0] == "comment":
        _check_name(tokens[-1][1], "")
        tokens = _strip(tokens[:-1])
    if not tokens:
        raise _NoAuthorError("no mailbox")
    opening = next((index for index, (_, text) in enumerate(tokens) if text == "<"), None)
    if opening is None:
        return _addr_spec(tokens)
    if tokens[-1][1] != ">":
        raise _NoAuthorError("no angle bracket at the end")
    found = _addr_spec(tokens[opening + 1 : -1])
    phrase = _strip(tokens[:opening])
    name = "".join(text for _, text in phrase)
    if not _is(name, found.key):  # `a@b <a@b>`: nothing to read in two ways
        _refuse_specials([token for token in phrase if token[0] != "comment"], "")  # `Anna Rossi (ufficio) <a@b>`
        _check_name(name, found.key)
    return found


def _text(value: bytes) -> str:
    if len(value) > VALUE_OCTETS:
        raise _NoAuthorError(f"From is over {VALUE_OCTETS} octets")
    if _BLANK_FOLD.search(value):
        raise _NoAuthorError("a fold with nothing in it")  # RFC 5322 §4.2, obs-FWS
    try:
        text = _FOLD.sub("", value.decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise _NoAuthorError("octets that are not UTF-8") from fault
    if not text.isascii() and unicodedata.normalize("NFC", text) != text:
        raise _NoAuthorError("not NFC (RFC 6532 §3.1)")
    _refuse_controls(text.replace("\t", " "))
    return text


def _refuse_controls(text: str) -> None:
    if text.isprintable():
        return
    if any(unicodedata.category(one) in {"Cc", "Zl", "Zp"} or one in _OVERRIDES for one in text):
        raise _NoAuthorError("a control character")


def _tokens(text: str) -> list[Token]:
    return _strip([(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(text)])


def _strip(tokens: list[Token]) -> list[Token]:
    first = 1 if tokens[:1] and tokens[0][0] == "space" else 0
    last = len(tokens) - 1 if tokens[first:] and tokens[-1][0] == "space" else len(tokens)
    return tokens[first:last]


def _addr_spec(tokens: list[Token]) -> Address:
    """RFC 5322 §3.4.1 without its obsolete forms; quotes only where they are not needed."""
    text = "".join(text for _, text in tokens)
    if not text:
        raise _NoAuthorError("an empty address")
    if "=?" in text:
        raise _NoAuthorError("an encoded word in the address")  # RFC 2047 §5
    _refuse_specials([token for token in tokens if token[0] != "space"], "@")
    if any(kind == "space" for kind, _ in tokens):
        raise _NoAuthorError("white space in the address")
    if tokens[0][0] == "quoted" and tokens[1:2] == [("special", "@")]:  # `"bob"alice@` is a name and alice to some
        text = text.replace('"', "", 2)  # one with an escaped quote fails below: its backslash is left
    return Address.parse(text)


def _refuse_specials(tokens: list[Token], allowed: str) -> None:
    for kind, text in tokens:
        if kind == "comment" or (kind == "special" and text not in "." + allowed):
            raise _NoAuthorError(_WHY.get(text[0], "a character that is not allowed"))


def _check_name(name: str, key: str) -> None:
    """An encoded word may not hide what the eye or another program would take for an address."""
    if "=?" not in name:
        return
    hidden = words(name.encode())
    _refuse_controls(hidden.replace("\t", " "))
    if "<" in hidden or ">" in hidden:
        raise _NoAuthorError("an encoded word with an angle bracket")
    if not all(_is(address, key) for address in _ADDRESS_IN_TEXT.findall(hidden)):
        raise _NoAuthorError("an encoded word with another address")


def _is(text: str, key: str) -> bool:
    try:
        return Address.parse(text).key == key
    except ValueError:
        return False


def _library_agrees(found: Address, head: bytes) -> None:
    """The standard library must find one From field with this one address in it."""
    values = [value for name, value in BytesHeaderParser().parsebytes(head).raw_items() if name.lower() == "from"]
    if len(values) != 1:
        raise _NoAuthorError(f"the standard library sees {len(values)} From fields")
    value = str(values[0]).encode("ascii", "surrogateescape").decode("utf-8")
    seen = {address for _, address in getaddresses([value])}
    if seen == {""}:  # newer ones refuse `a@b <a@b>`, which we let pass
        seen = {address for _, address in getaddresses([value[value.rfind("<") :]])}
    if {_addr_spec(_tokens(address)) for address in seen} != {found}:
        raise _NoAuthorError("the standard library sees another address")
